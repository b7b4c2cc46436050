import Events
import Journal
import RoomTesting
import Runtime
import Schema
import Testing

@testable import Beta

@Suite(.timeLimit(.minutes(1))) struct `Beta's rules` {
  private let clock = TestClock()
  private let quote: Quote
  private let cart: Cart

  init() {
    quote = Quote(
      id: clock.identifier(), settingsVersion: 1000, fee: usd(2500), discount: usd(0),
      promised: true, quotedAt: clock.now)
    cart = Cart(
      id: clock.identifier(), state: .open, quote: quote, orderId: nil, lastOrder: nil)
  }

  private func wanted(product: String = "widget", price: Money = usd(1000)) -> WantedOrder {
    WantedOrder(quoteId: quote.id, product: product, price: price)
  }

  private func known(cart: Identifier? = nil, order: Identifier? = nil) -> KnownQuote {
    KnownQuote(quote: quote, cartId: cart ?? self.cart.id, orderId: order)
  }

  private func refusal(
    _ wanted: WantedOrder, known: KnownQuote?, carriesPromises: Bool = true
  ) -> Refusal? {
    do {
      _ = try cart.quote(for: wanted, known: known, carriesPromises: carriesPromises)
      return nil
    } catch {
      return error
    }
  }

  @Test func `an order is captured by the cart's own quote, with its promise`() throws {
    let found = try cart.quote(for: wanted(), known: known(), carriesPromises: true)
    #expect(found == quote)
    let order = CapturedOrder(
      id: clock.identifier(), cartId: cart.id, product: "widget", price: usd(1000), outcome: nil,
      correlationID: "work-1", capturedAt: clock.now)
    #expect(
      order.captured(by: found)
        == OrderCaptured(
          orderId: order.id, cartId: cart.id, product: "widget", price: usd(1000),
          promise: Promise(
            quoteId: quote.id, settingsVersion: 1000, fee: usd(2500), discount: usd(0))))
  }

  @Test func `a quote that is unknown, of another cart, spent or not to be kept is refused`() {
    func unusable(_ fault: Refusal.QuoteFault) -> Refusal {
      .unusableQuote(quote.id, fault, cart: cart.id)
    }
    #expect(refusal(wanted(), known: nil) == unusable(.unknown))
    #expect(refusal(wanted(), known: known(cart: clock.identifier())) == unusable(.unknown))
    #expect(refusal(wanted(), known: known(order: clock.identifier())) == unusable(.spent))
    #expect(refusal(wanted(), known: known(), carriesPromises: false) == unusable(.unkept))
  }

  @Test func `a product or a price that cannot be is refused, the product first`() {
    let product = refusal(wanted(product: " ", price: usd(-1)), known: known())
    #expect(product?.description == "the product's name is empty")
    let price = refusal(wanted(price: usd(-1)), known: known())
    #expect(price?.description == "the price is negative, and must be zero or more")
  }

  @Test(
    "settings are better for the customer by the total, and without a price by both parts",
    arguments: [
      (2500, 500, nil, .current), (2500, 500, 100, .current),
      (2400, 500, nil, .beaten), (2500, 600, nil, .beaten), (2400, 400, nil, .stands),
      (2600, 600, nil, .stands), (2600, 500, 1000, .stands), (2400, 400, 1000, .stands),
      (2400, 500, 1000, .beaten), (2600, 700, 1000, .beaten), (0, 0, 1000, .beaten),
    ] as [(Int64, Int64, Int64?, Quote.Standing)])
  func standing(fee: Int64, discount: Int64, price: Int64?, standing: Quote.Standing) {
    func shown(promised: Bool) -> Quote {
      Quote(
        id: quote.id, settingsVersion: 1000, fee: usd(2500), discount: usd(500),
        promised: promised, quotedAt: clock.now)
    }
    let changed = settings(1001, fee: fee, discount: discount)
    let price = price.map(usd)
    #expect(shown(promised: true).standing(under: changed, for: price) == standing)
    #expect(
      shown(promised: false).standing(under: changed, for: price)
        == (standing == .current ? .current : .outdated))
  }

  @Test func `a cart in flight is refused before all else`() {
    let order = clock.identifier()
    let cart = Cart(
      id: cart.id, state: .inFlight, quote: quote, orderId: order, lastOrder: nil)
    #expect(throws: Refusal.inFlight(order: order)) {
      try cart.quote(for: wanted(product: ""), known: nil, carriesPromises: true)
    }
  }

  @Test func `without settings a cart is opened again later, for a reason of the domain`() throws {
    let beta = try ServiceHarness(BetaRoom.self)
    let alpha = SyntheticLog("alpha", clock: beta.clock)
    try beta.receive(alpha.next(settings(1000)))
    let cart = beta.post("/api/carts")
    let id = try #require(cart.string("id"))
    let quoteId = try #require(cart.string("quote.id"))
    _ = beta.post(
      "/api/carts/\(id)/checkout",
      json: #"{"quoteId":"\#(quoteId)","product":"x","price":{"amount":1,"currency":"USD"}}"#)
    let order = try #require(try beta.published(OrderCaptured.self).first?.data)
    try beta.journal.write { try $0.run("DELETE FROM settings") }
    try beta.receive(
      alpha.next(
        OrderFinalized(orderId: order.orderId, cartId: order.cartId, outcome: .charged)))
    #expect(try beta.deferred("retrying") == 1)
    let reason = beta.get("/api/dead-letters?state=all").string("deadLetters.0.reason")
    #expect(reason == "Beta has not received Alpha's settings yet")
    #expect(beta.get("/api/carts/\(id)").string("state") == "inFlight")
  }
}
