import Foundation
import Testing

@Suite(
  "Bad input: addresses", .timeLimit(.minutes(1)), .sharing(.alpha, .beta, .charlie, .overlord))
struct BadInputAddressTests {
  private static let nobody = "01890000-0000-7000-8000-000000000000"

  static let alpha = [
    BadCall("unknown path", "GET", "/api/nonsense", 404, "no-such-path", says: "/api/nonsense"),
    BadCall("a slash too many", "GET", "/api/settings/", 404, "no-such-path", says: "port"),
    BadCall("capitals", "GET", "/API/settings", 404, "no-such-path", says: "/API/settings"),
    BadCall("unknown order", "GET", "/api/orders/\(nobody)", 404, "no-such-order", says: nobody),
    BadCall(
      "unknown order to approve", "POST", "/api/orders/\(nobody)/approve", 404, "no-such-order",
      says: nobody),
    BadCall(
      "unknown order to reject", "POST", "/api/orders/\(nobody)/reject", #"{"reason":"x"}"#, 404,
      "no-such-order", says: nobody),
    BadCall("malformed id", "GET", "/api/orders/17", 404, "not-found", says: "“17”"),
    BadCall(
      "malformed id to approve", "POST", "/api/orders/17/approve", 404, "not-found", says: "17"),
    BadCall(
      "wrong method", "DELETE", "/api/settings", 405, "method-not-allowed",
      says: "GET, HEAD, OPTIONS, PUT"),
    BadCall(
      "wrong method for all", "POST", "/healthz", 405, "method-not-allowed", says: "GET, HEAD"),
    BadCall(
      "GET of a command", "GET", "/api/orders/\(nobody)/approve", 405, "method-not-allowed",
      says: "POST"),
    BadCall("limit 0", "GET", "/api/orders?limit=0", 422, "invalid-field", says: "1 to 500"),
    BadCall("limit 501", "GET", "/api/orders?limit=501", 422, "invalid-field", says: "1 to 500"),
    BadCall("limit x", "GET", "/api/orders?limit=x", 422, "invalid-field", says: "1 to 500"),
    BadCall("no limit", "GET", "/api/orders?limit=", 422, "invalid-field", says: "limit"),
    BadCall(
      "limit in history", "GET", "/api/settings/history?limit=-1", 422, "invalid-field", says: "500"
    ),
    BadCall(
      "a query that is no text", "GET", "/api/orders?limit=%ff", 400, "malformed-query",
      says: "query"),
    BadCall("a zero byte", "GET", "/api/orders?state=%00", 400, "malformed-query", says: "query"),
    BadCall("no state", "GET", "/api/orders?state=lost", 422, "invalid-field", says: "captured"),
    BadCall("no cursor", "GET", "/api/orders?before=x", 422, "invalid-field", says: "next"),
  ]

  /// Routes that later versions will have, and this one has not.
  static let later = ["/api/spans"]

  @Test(arguments: alpha)
  func `alpha refuses unknown paths, and names the right ones`(call: BadCall) async throws {
    let alpha = try await shared.http(.alpha)
    try await expectUnchanged(alpha) { call.check(try await call.send(to: alpha)) }
  }

  @Test(arguments: ServiceName.allCases, later)
  func `routes of later versions do not exist yet`(service: ServiceName, target: String)
    async throws
  {
    let call = BadCall(target, "GET", target, 404, "no-such-path", says: target)
    call.check(try await call.send(to: try await shared.http(service)))
  }

  @Test(arguments: [
    (
      ServiceName.beta,
      BadCall("cart", "GET", "/api/carts/\(nobody)", 404, "no-such-cart", says: nobody)
    ),
    (.beta, BadCall("no cart", "GET", "/api/carts/x", 404, "not-found", says: "“x”")),
    (
      .charlie,
      BadCall("charge", "GET", "/api/charges/\(nobody)", 404, "no-such-charge", says: nobody)
    ),
    (.charlie, BadCall("limit", "GET", "/api/charges?limit=0", 422, "invalid-field", says: "500")),
    (
      .charlie,
      BadCall("entries", "GET", "/api/ledger/entries?order=x", 422, "invalid-field", says: "x")
    ),
    (
      .overlord, BadCall("limit", "GET", "/api/events?limit=501", 422, "invalid-field", says: "500")
    ),
    (
      .overlord,
      BadCall(
        "limit of a stream", "GET", "/api/events/stream?limit=5", 422, "unknown-parameter",
        says: "after")
    ),
    (
      .overlord,
      BadCall(
        "ahead", "GET", "/api/events/stream?after=999999999", 409, "position-ahead", says: "999")
    ),
    (
      .alpha, BadCall("stream", "GET", "/api/events/stream", 404, "no-such-path", says: "stream")
    ),
    (
      .overlord, BadCall("cursor", "GET", "/api/events?after=x", 422, "invalid-field", says: "next")
    ),
    (
      .overlord,
      BadCall("zero", "GET", "/api/events?subject=%00", 400, "malformed-query", says: "query")
    ),
  ])
  func `each service refuses what it does not have`(service: ServiceName, call: BadCall)
    async throws
  {
    let http = try await shared.http(service)
    try await expectUnchanged(http) { call.check(try await call.send(to: http)) }
  }

  @Test(arguments: ["/api/settings", "/api/orders", "/api/bus", "/healthz", "/readyz"])
  func `HEAD answers as GET does, without the body`(target: String) async throws {
    let alpha = try await shared.http(.alpha)
    let get = try await alpha.get(target)
    let head = try await alpha.send("HEAD", target)
    #expect(head.status == get.status)
    #expect(head.body.isEmpty)
    for name in ["Content-Type", "ETag"] { #expect(head.header(name) == get.header(name)) }
    #expect(head.header("X-Request-ID") != nil)
    #expect(try await alpha.send("HEAD", "/api/nonsense").status == 404)
  }

  @Test(arguments: ["a", "order-17/é", "", "two words", String(repeating: "x", count: 129)])
  func `a Request ID that is not 1 to 128 visible ASCII characters is replaced`(given: String)
    async throws
  {
    let alpha = try await shared.http(.alpha)
    for target in ["/api/settings", "/api/nonsense"] {
      let answer = try await alpha.get(target, headers: ["X-Request-ID": given])
      let id = try #require(answer.header("X-Request-ID"))
      if given == "a" {
        #expect(id == "a")
      } else {
        #expect(
          id.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/) != nil)
      }
    }
  }

  @Test
  func `a Request ID of 128 characters is returned, and each request without one gets its own`()
    async throws
  {
    let alpha = try await shared.http(.alpha)
    let longest = String(repeating: "~", count: 128)
    for target in ["/api/settings", "/api/nonsense", "/healthz", "/api/orders?limit=0"] {
      let answer = try await alpha.get(target, headers: ["X-Request-ID": longest])
      #expect(answer.header("X-Request-ID") == longest)
    }
    let ids = [
      try await alpha.get("/healthz").header("X-Request-ID"),
      try await alpha.get("/healthz").header("X-Request-ID"),
    ]
    #expect(Set(ids).count == 2)
  }
}

@Suite(
  "Bad input: the same command again", .serialized, .timeLimit(.minutes(1)),
  .sharing(.alpha, .beta))
struct BadInputIdempotencyTests {
  @Test
  func `the same key and body give the same answer, and another body is refused`() async throws {
    let deployment = try shared
    let cart = try await deployment.openCart()
    let beta = try await deployment.http(.beta)
    let key = ["Idempotency-Key": "key-\(cart.id)"]
    let first = try await deployment.checkOut(cart, headers: key)
    #expect(first.status == 202)
    #expect(first.header("Idempotency-Replayed") == nil)
    try await expectUnchanged(beta, "/api/carts/\(cart.id)") {
      let second = try await deployment.checkOut(cart, headers: key)
      #expect(second.status == 202)
      #expect(second.json == first.json)
      #expect(second.header("Idempotency-Replayed") == "true")
      #expect(second.header("X-Request-ID") != first.header("X-Request-ID"))
      let other = BadCall(
        "another body", "POST", "/api/carts/\(cart.id)/checkout", "{}", headers: key, 422,
        "idempotency-key-reused", says: "another body", "new key")
      other.check(try await other.send(to: beta))
    }
  }

  @Test
  func `a refusal is not remembered: the same key may try again`() async throws {
    let deployment = try shared
    let cart = try await deployment.openCart()
    let key = ["Idempotency-Key": "again-\(cart.id)"]
    #expect(try await deployment.checkOut(cart, price: -1, headers: key).status == 422)
    #expect(try await deployment.checkOut(cart, headers: key).status == 202)
  }
}
