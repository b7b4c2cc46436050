import Events
import Foundation
import Testing

@Suite("Adversary: text", .serialized, .timeLimit(.minutes(1)))
struct AdversaryTextTests {
  /// Texts that are invisible, or that turn the text around them, with their refusals.
  static let refused = [
    ("\u{200b}\u{200b}", "no character that can be seen"), ("\u{3164}", "that can be seen"),
    ("\u{2800}", "that can be seen"), ("\u{ad}", "that can be seen"),
    ("\u{e000}", "that can be seen"), ("\u{202e}gnp.exe", "U+202E"), ("a\u{2066}b", "U+2066"),
    ("a\u{200f}", "U+200F"), ("a\u{61c}b", "U+061C"),
  ]

  @Test
  func `a product or a reason that cannot be seen or turns its line is refused on entry`()
    async throws
  {
    try await withDeployment { deployment in
      try await deployment.start(all: [.alpha, .beta])
      let cart = try await deployment.openCart()
      for (text, sentence) in Self.refused {
        let answer = try await deployment.checkOut(cart, text)
        #expect(answer.status == 422)
        #expect(answer.json["detail"].text.contains(sentence), "\(answer)")
        #expect(answer.json["path"] == "product")
      }
      let order = try await deployment.order("widget é 漢 👩\u{200d}🚀", cart: cart)
      try await deployment[.alpha].logged("order.captured applied", order: order.id)
      let alpha = try await deployment.http(.alpha)
      for (text, sentence) in Self.refused {
        let answer = try await alpha.post(
          "/api/orders/\(order.id)/reject", ["reason": JSON(value: .string(text))])
        #expect(answer.status == 422)
        #expect(answer.json["detail"].text.contains(sentence), "\(answer)")
      }
      let page = try await alpha.get("/").body
      let isolated = "<bdi>widget é 漢 👩\u{200d}🚀</bdi>"
      #expect(String(decoding: page, as: UTF8.self).contains(isolated))
    }
  }

  @Test(arguments: [([], #"\u{202e}gnp.exe\u{200b}"#), (["--json"], #"\u202egnp.exe\u200b"#)])
  func `an event that hides its text is shown with what it hides`(
    options: [String], shown: String
  ) async throws {
    try await withDeployment { deployment in
      try await withForgedAlpha(in: deployment) { alpha in
        let sniff = try deployment.run(
          "eventually",
          ["sniff", "--run", deployment.runFolder, "--service", "alpha", "--count", "1"] + options)
        try await alpha.hasSubscriber()
        try await alpha.publish(["product": "\u{202e}gnp.exe\u{200b}"])
        #expect(try await sniff.ending() == .exited(0))
        let line = try #require(sniff.lines.all.first { $0.channel == .output })
        #expect(line.text.contains(shown), "\(line)")
        #expect(!line.text.unicodeScalars.contains("\u{202e}"))
      }
    }
  }

  /// Row #27.
  @Test
  func `a refusal of the database is reported in the event's words, without a statement`()
    async throws
  {
    try await withDeployment { deployment in
      try await deployment.start(all: [.alpha, .beta])
      try await deployment.stop(.alpha)
      try makeDatabase(
        deployment.journalFile(.alpha), "CREATE UNIQUE INDEX narrow ON orders (product)")
      let alpha = try await deployment.start(.alpha)
      _ = try await deployment.order("a lamp")
      let order = try await deployment.order("a lamp")
      let line = try await alpha.logged("the failure") {
        $0.message.hasPrefix("order.captured failed at attempt 1") && $0.orderID == order.id
      }
      let fault = "the column orders.product has this value in another row, and must be unique"
      #expect(line.message.hasSuffix(": \(fault)"), "\(line)")
      for word in ["INSERT", "VALUES", "SELECT"] { #expect(!line.text.contains(word), "\(line)") }
    }
  }
}
