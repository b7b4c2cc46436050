import Beta
import Daemon
import Events
import HTTPTypes
import Journal
import RoomTesting
import Schema
import Testing

/// Beta while the event of an order is pinned at a version that carries no promise.
@Suite(.timeLimit(.minutes(1))) struct `Beta without promises` {
  private static let pinned = ["pins": "order.captured=1"]

  private let alpha: SyntheticLog
  private let beta: ServiceHarness

  init() throws {
    beta = try ServiceHarness(BetaRoom.self, values: Self.pinned)
    alpha = SyntheticLog("alpha", clock: beta.clock)
    try beta.receive(alpha.next(settings(1000, fee: 2500, discount: 100)))
  }

  private func openCart(at beta: ServiceHarness) throws -> (id: String, quote: String) {
    let cart = beta.post("/api/carts")
    return (try #require(cart.string("id")), try #require(cart.string("quote.id")))
  }

  private func checkout(_ cart: String, _ quote: String, at beta: ServiceHarness) -> Response {
    beta.post(
      "/api/carts/\(cart)/checkout",
      json: #"{"quoteId":"\#(quote)","product":"widget","price":{"amount":1000,"currency":"USD"}}"#)
  }

  @Test func `quotes show what is in force, and promise nothing`() throws {
    let cart = try openCart(at: beta)
    for answer in [
      beta.get("/api/carts/\(cart.id)"), beta.post("/api/carts/\(cart.id)/quote"),
    ] {
      #expect(answer.value("quote.promised") == .bool(false))
      #expect(answer.integer("quote.fee.amount") == 2500)
      #expect(answer.integer("quote.discount.amount") == 100)
    }
    let page = beta.get("/carts/\(cart.id)").text
    #expect(page.contains("Fee and discount may change"))
    #expect(!page.contains("promised to you"))
  }

  @Test func `orders are captured as version 1`() throws {
    let cart = try openCart(at: beta)
    #expect(checkout(cart.id, cart.quote, at: beta).code == 202)
    #expect(try beta.published() == ["order.captured v1"])
    #expect(try beta.published(OrderCaptured.self).first?.data.promise == nil)
  }

  @Test func `after an order the form shows a quote that promises nothing`() throws {
    let cart = try openCart(at: beta)
    _ = checkout(cart.id, cart.quote, at: beta)
    let order = try #require(try beta.published(OrderCaptured.self).first).data
    try beta.receive(
      alpha.next(
        OrderFinalized(orderId: order.orderId, cartId: order.cartId, outcome: .charged)))
    let answer = beta.get("/api/carts/\(cart.id)")
    #expect(answer.string("state") == "open")
    #expect(answer.value("quote.promised") == .bool(false))
  }

  @Test func `with the pin taken away quotes promise again, and an old one still serves`() throws {
    let old = try openCart(at: beta)
    let other = try openCart(at: beta)
    let upgraded = try ServiceHarness(BetaRoom.self, after: beta)
    #expect(checkout(old.id, old.quote, at: upgraded).code == 202)
    #expect(try upgraded.published() == ["order.captured v2"])
    #expect(try upgraded.published(OrderCaptured.self).first?.data.promise == nil)
    let answer = upgraded.post("/api/carts/\(other.id)/quote")
    #expect(answer.value("quote.promised") == .bool(true))
  }

  @Test func `a promise from before the pin is not broken: the form is shown anew`() throws {
    let free = try ServiceHarness(BetaRoom.self, after: beta)
    let carts = try (1...3).map { _ in try openCart(at: free) }
    let inFlight = try openCart(at: free)
    #expect(checkout(inFlight.id, inFlight.quote, at: free).code == 202)
    let pinned = try ServiceHarness(BetaRoom.self, values: Self.pinned, after: free)
    for cart in carts {
      let shown = pinned.get("/api/carts/\(cart.id)")
      #expect(shown.value("quote.promised") == .bool(false))
      #expect(shown.string("quote.id") != cart.quote)
      let answer = checkout(cart.id, cart.quote, at: pinned)
      #expect((answer.code, answer.string("path")) == (422, "quoteId"))
      #expect(answer.string("remedy") == "Take a new quote: POST /api/carts/\(cart.id)/quote.")
      let quote = try #require(shown.string("quote.id"))
      #expect(checkout(cart.id, quote, at: pinned).code == 202)
    }
    let ordered = pinned.get("/api/carts/\(inFlight.id)")
    #expect(ordered.string("quote.id") == inFlight.quote, "it was ordered by, and is kept")
    #expect(
      try pinned.published()
        == ["order.captured v2", "order.captured v1", "order.captured v1", "order.captured v1"])
  }

  @Test func `a start with the same pin changes no quote`() throws {
    let cart = try openCart(at: beta)
    let again = try ServiceHarness(BetaRoom.self, values: Self.pinned, after: beta)
    #expect(again.get("/api/carts/\(cart.id)").string("quote.id") == cart.quote)
  }

  @Test func `a pin that Beta cannot keep is an error of the configuration`() {
    #expect(throws: (any Error).self) {
      try ServiceHarness(BetaRoom.self, values: ["pins": "order.captured=3"])
    }
    #expect(throws: (any Error).self) {
      try ServiceHarness(BetaRoom.self, values: ["pins": "order.charged=1"])
    }
  }
}
