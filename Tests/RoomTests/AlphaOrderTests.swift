import Alpha
import Daemon
import Events
import HTTPTypes
import RoomTesting
import Runtime
import Schema
import Testing

@Suite(.timeLimit(.minutes(1))) struct `Alpha's orders` {
  private let alpha: ServiceHarness
  private let beta: SyntheticLog
  private let charlie: SyntheticLog

  init() throws {
    alpha = try ServiceHarness(AlphaRoom.self)
    beta = SyntheticLog("beta", clock: alpha.clock)
    charlie = SyntheticLog("charlie", clock: alpha.clock)
  }

  private func changeSettings(fee: Int64) {
    let json = """
      {"currency":"USD","fee":{"enabled":true,"amount":\(fee)},\
      "discount":{"enabled":true,"amount":1}}
      """
    #expect(alpha.put("/api/settings", json: json, ifMatch: "*").code == 200)
  }

  private func order(_ id: Identifier) -> Response { alpha.get("/api/orders/\(id)") }

  private func charged(_ order: OrderCaptured, request: String = "work-1") throws -> Record {
    try charlie.next(
      OrderCharged(
        orderId: order.orderId, chargeId: alpha.clock.identifier(), total: usd(3500), fee: nil),
      request: request)
  }

  @Test func `an order is priced as promised, for any later settings`() throws {
    changeSettings(fee: 9900)
    let captured = alpha.clock.captured(price: 1000, fee: 2500, discount: 300)
    try alpha.receive(beta.next(captured))
    let order = order(captured.orderId)
    #expect(order.integer("total.amount") == 3200)
    #expect(order.integer("settingsVersion") == 1000)
    _ = alpha.post("/api/orders/\(captured.orderId)/approve")
    let approval = try #require(try alpha.published(OrderApproved.self).first?.data)
    #expect(approval.total == usd(3200))
    #expect((approval.price, approval.fee, approval.discount) == (usd(1000), usd(2500), usd(300)))
    #expect(approval.cartId == captured.cartId)
  }

  @Test func `an order without a promise is priced once, from the settings in force`() throws {
    let old = OrderCaptured.V1(
      orderId: alpha.clock.identifier(), cartId: alpha.clock.identifier(), product: "widget",
      price: usd(1000))
    let record = try beta.next(old, about: old.orderId.description)
    try alpha.receive(record)
    changeSettings(fee: 9900)
    try alpha.receiveAgain(record)
    #expect(order(old.orderId).integer("total.amount") == 3500)
    #expect(order(old.orderId).integer("settingsVersion") == 1000)
  }

  @Test(
    "the discount that is given never exceeds price and fee",
    arguments: [
      (1000, 2500, 0, 0, 3500), (1000, 2500, 3499, 3499, 1), (1000, 2500, 3500, 3500, 0),
      (1000, 2500, 3501, 3500, 0), (0, 0, 1000, 0, 0), (0, 0, 0, 0, 0),
      (Money.limit, Money.limit, 0, 0, 2 * Money.limit),
    ] as [(Int64, Int64, Int64, Int64, Int64)])
  func discount(price: Int64, fee: Int64, discount: Int64, given: Int64, total: Int64) throws {
    let captured = alpha.clock.captured(price: price, fee: fee, discount: discount)
    try alpha.receive(beta.next(captured))
    #expect(order(captured.orderId).integer("discount.amount") == given)
    #expect(order(captured.orderId).integer("total.amount") == total)
  }

  @Test(
    "an order whose price is impossible is a dead letter, and nothing else",
    arguments: [(-1, 0), (Money.limit + 1, 0), (Int64.max, Int64.max), (0, -1)] as [(Int64, Int64)])
  func impossible(price: Int64, fee: Int64) throws {
    let captured = alpha.clock.captured(price: price, fee: fee)
    try alpha.receive(beta.next(captured))
    #expect(order(captured.orderId).code == 404)
    #expect(try alpha.deferred("dead") == 1)
    let sound = alpha.clock.captured()
    try alpha.receive(beta.next(sound))
    #expect(order(sound.orderId).code == 200)
  }

  @Test(
    "an order that cannot be kept is a dead letter, and the service goes on",
    arguments: [("a\0b", "work-1"), ("widget", "a\0b")])
  func unstorable(product: String, request: String) throws {
    try alpha.receive(beta.next(alpha.clock.captured(product: product), request: request))
    #expect(try alpha.deferred("dead") == 1)
    let sound = alpha.clock.captured()
    try alpha.receive(beta.next(sound))
    #expect(order(sound.orderId).code == 200)
  }

  @Test func `an order in two currencies is a dead letter`() throws {
    let mixed = OrderCaptured(
      orderId: alpha.clock.identifier(), cartId: alpha.clock.identifier(), product: "widget",
      price: Money(amount: 1, currency: .eur), promise: nil)
    try alpha.receive(beta.next(mixed))
    #expect(try alpha.deferred("dead") == 1)
  }

  @Test func `a product whose name would outgrow the events about it is a dead letter`() throws {
    let name = String(repeating: "x", count: OrderCaptured.maxProductBytes)
    try alpha.receive(beta.next(alpha.clock.captured(product: name + "x")))
    #expect(try alpha.deferred("dead") == 1)
    let longest = alpha.clock.captured(product: name)
    try alpha.receive(beta.next(longest))
    #expect(alpha.post("/api/orders/\(longest.orderId)/approve").code == 200)
  }

  @Test func `a captured order waits for a person, and is approved once`() throws {
    let captured = alpha.clock.captured()
    let record = try beta.next(captured, request: "work-7")
    try alpha.receive(record)
    #expect(order(captured.orderId).string("state") == "captured")
    let approve = "/api/orders/\(captured.orderId)/approve"
    let first = alpha.post(approve, request: "approval-1")
    #expect((first.code, first.string("state")) == (200, "approved"))
    #expect(first.correlationID == "work-7")
    #expect(alpha.post(approve).code == 200)
    let said = try alpha.published(OrderApproved.self)
    #expect(said.count == 1)
    #expect(said.first?.correlation.id == "work-7")
    #expect(said.first?.correlation.requestID == "approval-1")
    let cause = try OrderCaptured.read(record)
    #expect(said.first?.correlation.causationID == cause.id)
    #expect(said.first?.correlation.trace.traceID == cause.correlation.trace.traceID)
  }

  @Test func `an approved order cannot be rejected`() throws {
    let captured = alpha.clock.captured()
    try alpha.receive(beta.next(captured))
    _ = alpha.post("/api/orders/\(captured.orderId)/approve")
    let reject = "/api/orders/\(captured.orderId)/reject"
    #expect(alpha.post(reject, json: #"{"reason":"late"}"#).code == 409)
    try alpha.receive(charged(captured))
    let answer = alpha.post(reject, json: #"{"reason":"late"}"#)
    #expect((answer.code, answer.string("orderId")) == (409, captured.orderId.description))
    #expect(alpha.post("/api/orders/\(captured.orderId)/approve").string("state") == "finalized")
  }

  @Test func `a rejected order is finalized, stays rejected, and cannot be approved`() throws {
    let captured = alpha.clock.captured()
    try alpha.receive(beta.next(captured))
    let reject = "/api/orders/\(captured.orderId)/reject"
    let first = alpha.post(reject, json: #"{"reason":"sold out"}"#)
    #expect((first.code, first.string("state")) == (200, "finalized"))
    #expect((first.string("outcome"), first.string("reason")) == ("rejected", "sold out"))
    #expect(alpha.post(reject, json: #"{"reason":"other"}"#).string("reason") == "sold out")
    #expect(alpha.post("/api/orders/\(captured.orderId)/approve").code == 409)
    #expect(
      try alpha.published() == ["settings.changed v1", "order.rejected v1", "order.finalized v1"])
  }

  @Test(
    "a reason is 1 to 500 characters that can be kept",
    arguments: [
      #"{"reason":""}"#, #"{"reason":"\#(String(repeating: "x", count: 501))"}"#,
      #"{"reason":"a\u0000b"}"#, #"{"reason":" "}"#, #"{"reason":null}"#, "{}",
    ])
  func reasons(json: String) throws {
    let captured = alpha.clock.captured()
    try alpha.receive(beta.next(captured))
    #expect(alpha.post("/api/orders/\(captured.orderId)/reject", json: json).code == 422)
    #expect(order(captured.orderId).string("state") == "captured")
  }

  @Test(
    "an unknown order cannot be read or decided",
    arguments: ["0192f0c0-0000-7000-8000-000000000000", "x"])
  func unknown(id: String) {
    #expect(alpha.get("/api/orders/\(id)").code == 404)
    #expect(alpha.post("/api/orders/\(id)/approve").code == 404)
    #expect(alpha.post("/api/orders/\(id)/reject", json: #"{"reason":"x"}"#).code == 404)
  }

  @Test func `an answer is given again for its key, and a key is for one body`() throws {
    let captured = alpha.clock.captured()
    try alpha.receive(beta.next(captured))
    let path = "/api/orders/\(captured.orderId)/reject"
    let first = alpha.post(path, json: #"{"reason":"a"}"#, key: "k")
    let again = alpha.post(path, json: #"{"reason":"a"}"#, key: "k")
    #expect((again.code, again.body) == (200, first.body))
    #expect(again.headers[try #require(HTTPField.Name("Idempotency-Replayed"))] == "true")
    #expect(alpha.post(path, json: #"{"reason":"b"}"#, key: "k").code == 422)
  }

  @Test func `orders are listed newest first, by state and in parts`() throws {
    let orders = (1...3).map { _ in alpha.clock.captured() }
    for order in orders { try alpha.receive(beta.next(order)) }
    _ = alpha.post("/api/orders/\(orders[1].orderId)/approve")
    let first = alpha.get("/api/orders?limit=2")
    #expect(first.string("orders.0.id") == orders[2].orderId.description)
    let next = try #require(first.string("next"))
    #expect(alpha.get("/api/orders?before=\(next)").count("orders") == 1)
    #expect(alpha.get("/api/orders?state=captured").count("orders") == 2)
    #expect(alpha.get("/api/orders?state=approved").count("orders") == 1)
    #expect(alpha.get("/api/orders?state=lost").code == 422)
  }
}
