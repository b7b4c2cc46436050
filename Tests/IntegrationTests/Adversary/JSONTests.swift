import Foundation
import Testing

/// Bodies that two readers of JSON understand differently, or that cost more than they should
/// (FIELD.md, rows 16 and S5).
@Suite("Adversary: JSON", .timeLimit(.minutes(1)), .sharing(.alpha, .beta))
struct AdversaryJSONTests {
  private static func checkout(
    _ name: String, price: String, _ status: Int, _ slug: String, says: String
  ) -> BadCall {
    BadCall(
      name, "POST", "/api/carts/CART/checkout",
      #"{"quoteId":"QUOTE","product":"widget","price":\#(price)}"#, status, slug, says: says)
  }

  private static func amount(_ number: String) -> BadCall {
    checkout(
      "the amount \(number)", price: #"{"amount":\#(number),"currency":"USD"}"#, 422,
      "invalid-field", says: "price.amount")
  }

  static let calls = [
    checkout(
      "a name twice", price: #"{"amount":1,"amount":100,"currency":"USD"}"#, 400, "not-json",
      says: "“amount” occurs twice"),
    checkout(
      "a name twice, once escaped", price: #"{"amount":1,"\u0061mount":100,"currency":"USD"}"#, 400,
      "not-json", says: "“amount” occurs twice"),
    checkout(
      "a trailing comma", price: #"{"amount":1,"currency":"USD",}"#, 400, "not-json",
      says: "unexpected character"),
    checkout(
      "a leading zero", price: #"{"amount":01,"currency":"USD"}"#, 400, "not-json",
      says: "malformed number"),
    checkout(
      "a lone surrogate", price: #"{"amount":1,"currency":"\ud800"}"#, 400, "not-json",
      says: "escape"),
    checkout(
      "too many levels", price: String(repeating: "[", count: 495), 400, "not-json",
      says: "32 levels"),
    amount("1e-400"), amount("999999999999.00001"), amount("10.00000000000000001"), amount("0.5"),
    amount("18446744073709551616"), amount("1e999"),
  ]

  @Test(arguments: calls)
  func `a body that is ambiguous is refused, and the cart stays as it was`(call: BadCall)
    async throws
  {
    let cart = try await shared.openCart()
    let beta = try await shared.http(.beta)
    try await expectUnchanged(beta, "/api/carts/\(cart.id)") {
      call.check(
        try await call.send(to: beta, replacing: ["CART": cart.id, "QUOTE": cart.quote.id]))
    }
  }

  @Test(arguments: [String.Encoding.utf16LittleEndian, .utf16BigEndian, .utf16, .utf32])
  func `a body in another encoding than UTF-8 is refused`(encoding: String.Encoding) async throws {
    let beta = try await shared.http(.beta)
    let cart = try await shared.openCart()
    let body = try #require("\(cart.form("widget", price: 1))".data(using: encoding))
    let answer = try await beta.send("POST", "/api/carts/\(cart.id)/checkout", body: body)
    #expect(answer.status == 400, "\(answer)")
    #expect(answer.json["type"].string == "urn:eventually:problem:not-json")
  }

  /// At de86e44 eight lists of 495 levels, one inside the other, held all writes up for 7 seconds.
  @Test func `nested lists hold up no other write`() async throws {
    let beta = try await shared.http(.beta)
    let cart = try await shared.openCart()
    let chain = String(repeating: "[", count: 495) + String(repeating: "]", count: 495)
    let body = Data("[\(Array(repeating: chain, count: 8).joined(separator: ","))]".utf8)
    for _ in 1...20 {
      let answer = try await beta.send("POST", "/api/carts/\(cart.id)/checkout", body: body)
      #expect(answer.status == 400)
    }
    #expect(try await beta.post("/api/carts").status == 201)
  }
}

@Suite("Adversary: JSON on the wire", .timeLimit(.minutes(1)))
struct AdversaryWireJSONTests {
  @Test(arguments: [
    #"{"x":\#(String(repeating: "[", count: 500))\#(String(repeating: "]", count: 500))}"#,
    #"{"x":\#(String(repeating: "[", count: 1989))\#(String(repeating: "]", count: 1989))}"#,
    #"{"id":1,"id":2}"#, #"{"id":1,}"#,
  ])
  func `a request that is no JSON is malformed`(json: String) async throws {
    try await withWire(of: .alpha) { deployment, wire in
      let alpha = try deployment.launch(.alpha)
      _ = try await alpha.http
      try await wire.asking { log in
        let reply = try await log.ask([Data("STATUS".utf8), Data(json.utf8)])
        #expect(reply.verb == "ERROR")
        #expect(reply.answer.code == "malformed")
      }
      #expect(try await alpha.terminate() == .exited(0))
    }
  }
}
