import Daemon
import Events
import RoomTesting
import Runtime
import Schema
import Testing

@testable import Beta

@Suite(.timeLimit(.minutes(1))) struct `How a cart opens again` {
  private let beta: ServiceHarness
  private let alpha: SyntheticLog
  private let cart: Identifier

  init() throws {
    beta = try ServiceHarness(BetaRoom.self)
    alpha = SyntheticLog("alpha", clock: beta.clock)
    try beta.receive(alpha.next(settings(1000)))
    cart = try #require(beta.post("/api/carts").string("id").flatMap(Identifier.init))
  }

  private var now: Response { beta.get("/api/carts/\(cart)") }

  /// Orders by the quote that the cart shows.
  private func order() throws -> Identifier {
    let answer = beta.post(
      "/api/carts/\(cart)/checkout",
      json: """
        {"quoteId":"\(now.string("quote.id") ?? "")","product":"widget",\
        "price":{"amount":1000,"currency":"USD"}}
        """)
    return try #require(answer.string("orderId").flatMap(Identifier.init))
  }

  private func finalized(
    _ order: Identifier, _ outcome: OrderFinalized.Outcome = .charged
  ) throws -> Record {
    try alpha.next(OrderFinalized(orderId: order, cartId: cart, outcome: outcome))
  }

  @Test(
    "a cart is open again when its order is finalized, with a quote of the settings now",
    arguments: OrderFinalized.Outcome.allCases)
  func reopened(outcome: OrderFinalized.Outcome) throws {
    let order = try order()
    let spent = now.string("quote.id")
    try beta.receive(alpha.next(settings(1001, fee: 100)), finalized(order, outcome))
    #expect(now.string("state") == "open")
    #expect(now.value("orderId") == nil)
    #expect(now.string("lastOrder.outcome") == outcome.rawValue)
    #expect(now.string("quote.id") != spent)
    #expect(now.integer("quote.fee.amount") == 100)
    _ = try self.order()
    #expect(
      try beta.published(OrderCaptured.self).map(\.data.promise?.fee) == [usd(2500), usd(100)])
  }

  @Test func `a late end of an older order opens nothing`() throws {
    let first = try order()
    let end = try finalized(first)
    try beta.receive(end)
    let second = try order()
    try beta.receive(finalized(first, .declined))
    try beta.receiveAgain(end)
    #expect((now.string("state"), now.string("orderId")) == ("inFlight", second.description))
    #expect(now.value("lastOrder") == nil)
  }

  @Test func `an end that is repeated takes no other quote`() throws {
    let end = try finalized(try order())
    try beta.receive(end)
    let quote = now.string("quote.id")
    try beta.receiveAgain(end)
    #expect(now.string("quote.id") == quote)
  }

  @Test func `an approval and a rejection are kept once, and open nothing`() throws {
    let order = try order()
    let before = now.text
    let events = [
      try alpha.next(
        OrderApproved(
          orderId: order, cartId: cart, product: "widget", price: nil, fee: nil, discount: nil,
          total: usd(3500), settingsVersion: nil)),
      try alpha.next(OrderRejected(orderId: order, cartId: cart, reason: "sold out")),
    ]
    for event in events { try beta.receive(event) }
    let first = try beta.journal.read { try $0.order(order) }
    #expect(first?.approvedAt != nil && first?.rejection == "sold out")
    for event in events { try beta.receiveAgain(event) }
    try beta.receive(alpha.next(OrderRejected(orderId: order, cartId: cart, reason: "other")))
    #expect(try beta.journal.read { try $0.order(order) } == first)
    #expect(now.text == before)
  }

  @Test func `what happens to an order that Beta does not know waits`() throws {
    try beta.receive(finalized(beta.clock.identifier()))
    #expect(try beta.deferred("waiting") == 1)
    let other = beta.clock.identifier()
    try beta.receive(alpha.next(OrderRejected(orderId: other, cartId: cart, reason: "sold out")))
    #expect(try beta.deferred("waiting") == 2)
    #expect(now.string("state") == "open")
  }
}
