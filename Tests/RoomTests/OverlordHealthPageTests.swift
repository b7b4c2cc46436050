import Daemon
import Events
import Foundation
import HTTPTypes
import Overlord
import RoomTesting
import Schema
import Testing

@Suite(.timeLimit(.minutes(1))) struct OverlordHealthPageTests {
  private let overlord: ServiceHarness
  private let alpha: SyntheticLog
  private let beta: SyntheticLog
  private let captured: OrderCaptured

  init() throws {
    overlord = try ServiceHarness(OverlordRoom.self)
    alpha = SyntheticLog("alpha", clock: overlord.clock)
    beta = SyntheticLog("beta", clock: overlord.clock)
    captured = overlord.clock.captured()
  }

  private var page: String { overlord.get("/health").text }

  /// An event whose body cannot be shown, and so is a dead letter.
  private func receiveUnreadable() throws {
    let record = try beta.next(captured)
    let body = String(decoding: record.body, as: UTF8.self)
      .replacing("\"amount\":1000", with: "\"amount\":1e999")
    try overlord.receive(
      Record(topic: record.topic, header: record.header, body: Data(body.utf8)))
  }

  private func letter() throws -> String {
    try #require(overlord.get("/api/dead-letters").string("deadLetters.0.id"))
  }

  @Test func `a new system's health is in words, and unknown is not zero`() {
    for text in [
      "No events in the last 30 minutes.", "No order came to its end in the last 30 minutes.",
      "id=\"none-stuck\"", "id=\"none-dead\"", "id=\"none-held\"", "eventually dead-letters",
      "http://127.0.0.1:3991/api/dead-letters",
    ] {
      #expect(page.contains(text), "\(text)")
    }
    #expect(page.contains("data-label=\"Published\">unknown</td>"))
    #expect(page.contains("data-label=\"Lag\">unknown</td>"))
    #expect(page.contains("data-news=\"No dead letters, no order is stuck.\""))
  }

  @Test func `events are counted by stream and minute, each once`() throws {
    let first = try beta.next(overlord.clock.captured())
    try overlord.receive(first)
    try overlord.receiveAgain(first)
    overlord.clock.advance(microseconds: 60_000_000)
    try overlord.receive(
      try beta.next(overlord.clock.captured()), try beta.next(overlord.clock.captured()))
    #expect(page.contains("3 in 30 minutes, 1 in the last whole minute, 2 at most."))
    overlord.clock.advance(microseconds: 1_800_000_000)
    #expect(!page.contains("in the last whole minute"))
  }

  @Test func `the critical time is that from capture to end`() throws {
    for milliseconds in [200, 300, 4000] {
      let order = overlord.clock.captured()
      try overlord.receive(try beta.next(order))
      overlord.clock.advance(microseconds: UInt64(milliseconds) * 1000)
      try overlord.receive(
        try alpha.next(
          OrderFinalized(orderId: order.orderId, cartId: order.cartId, outcome: .rejected)))
    }
    #expect(page.contains("3 orders: half of them took at most 300 ms, the longest 4.0 s."))
  }

  @Test func `an order is stuck when its next step is missing for a minute`() throws {
    try overlord.receive(try beta.next(captured, request: "work-9"))
    overlord.clock.advance(microseconds: 60_000_000)
    #expect(page.contains("id=\"none-stuck\""))
    overlord.clock.advance(microseconds: 1)
    #expect(page.contains("<tr id=\"stuck-1\">"))
    #expect(page.contains("order.approved or order.rejected of"))
    #expect(page.contains("href=\"/traces/\(captured.orderId)\""))
    try overlord.receive(
      try alpha.next(
        OrderFinalized(orderId: captured.orderId, cartId: captured.cartId, outcome: .rejected)))
    #expect(page.contains("<tr id=\"stuck-1\">"), "another step is not the next one")
    try overlord.receive(
      try alpha.next(
        OrderRejected(orderId: captured.orderId, cartId: captured.cartId, reason: "no")))
    #expect(page.contains("id=\"none-stuck\""))
  }

  @Test func `a dead letter is shown with its reason, and discarded by its form`() throws {
    try receiveUnreadable()
    #expect(page.contains("the body cannot be shown as JSON <span class=\"dim\">(1)</span>"))
    #expect(page.contains("1 dead</span>"))
    let id = try letter()
    let answer = overlord.submit("/dead-letters/\(id)/discard")
    #expect(answer.code == 303)
    #expect(answer.headers[.location] == "/health#dead-letters")
    #expect(page.contains("id=\"none-dead\""))
    #expect(overlord.submit("/dead-letters/\(id)/discard").code == 404)
  }

  @Test func `a retry that fails is shown as the last action`() throws {
    try receiveUnreadable()
    let id = try letter()
    #expect(overlord.submit("/dead-letters/\(id)/retry").code == 303)
    #expect(page.contains("Last action: retry: the body cannot be shown as JSON"))
  }

  @Test func `a refused edit is shown again with what was typed`() throws {
    try receiveUnreadable()
    let id = try letter()
    for (typed, detail) in [
      ("{\"a\": <b>", "The data is not JSON."), ("{}", "The event with this data cannot be read"),
    ] {
      let body =
        "data=" + (typed.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")
      let answer = overlord.send(
        .post, "/dead-letters/\(id)/edit", body: body,
        headers: [.contentType: "application/x-www-form-urlencoded", .accept: "text/html"])
      #expect(answer.code == 422)
      #expect(answer.text.contains(detail))
      #expect(
        answer.text.contains(
          ">\(typed.replacing("\"", with: "&quot;").replacing("<", with: "&lt;").replacing(">", with: "&gt;"))</textarea>"
        ))
      #expect(answer.text.contains("<details id=\"edit-\(id)\" open>"))
    }
  }

  @Test func `the pages have no style in them, and a title of their own`() throws {
    try receiveUnreadable()
    for path in ["/", "/events", "/health", "/schemas"] {
      let page = overlord.get(path).text
      #expect(!page.contains("style="))
      #expect(page.contains("<a href=\"\(path)\" aria-current=\"page\">"), "\(path)")
    }
  }
}
