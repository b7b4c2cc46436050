import Beta
import Daemon
import Events
import HTTPTypes
import Journal
import RoomTesting
import Runtime
import Schema
import Testing

@Suite(.timeLimit(.minutes(1))) struct `Beta's carts` {
  private let beta: ServiceHarness
  private let alpha: SyntheticLog

  init() throws {
    beta = try ServiceHarness(BetaRoom.self)
    alpha = SyntheticLog("alpha", clock: beta.clock)
  }

  /// A cart that was opened by the API.
  private func openCart() throws -> (id: String, quote: String) {
    let cart = beta.post("/api/carts")
    return (try #require(cart.string("id")), try #require(cart.string("quote.id")))
  }

  private func checkout(
    _ cart: String, _ quote: String, product: String = "widget", price: String = "1000",
    currency: String = "USD", key: String? = nil
  ) -> Response {
    beta.post(
      "/api/carts/\(cart)/checkout",
      json: """
        {"quoteId":"\(quote)","product":"\(product)",\
        "price":{"amount":\(price),"currency":"\(currency)"},"unknown":true}
        """, key: key, request: "order-request")
  }

  @Test func `before Beta has settings it quotes nothing`() throws {
    for answer in [beta.get("/api/settings"), beta.post("/api/carts")] {
      #expect(answer.code == 503)
      #expect(answer.headers[.retryAfter] == "1")
      #expect(answer.value("fee") == nil)
    }
    try beta.receive(alpha.next(settings(1000)))
    #expect(beta.get("/api/settings").headers[.eTag] == "\"1000\"")
    #expect(beta.post("/api/carts").code == 201)
  }

  @Test func `the copy of the settings never goes back, and keeps its history`() throws {
    let first = try alpha.next(settings(1000))
    try beta.receive(first, alpha.next(settings(1002, fee: 1)), alpha.next(settings(1001, fee: 2)))
    try beta.receiveAgain(first)
    #expect(beta.get("/api/settings").integer("version") == 1002)
    let known = try beta.journal.read {
      try $0.value("SELECT count(*) AS value FROM settings", as: Int.self)
    }
    #expect(known == 3)
  }

  @Test(
    "a quote is zero where a rule is off",
    arguments: [(2500, 0), (0, 1000), (0, 0), (2500, 1000)] as [(Int64, Int64)])
  func quotes(fee: Int64, discount: Int64) throws {
    try beta.receive(alpha.next(settings(1003, fee: fee, discount: discount)))
    let cart = beta.post("/api/carts")
    #expect(cart.headers[.location] == "/api/carts/\(cart.string("id") ?? "")")
    #expect((cart.string("state"), cart.value("quote.promised")) == ("open", .bool(true)))
    #expect(cart.integer("quote.settingsVersion") == 1003)
    #expect(cart.integer("quote.fee.amount") == fee)
    #expect(cart.integer("quote.discount.amount") == discount)
    #expect(cart.value("orderId") == nil)
  }

  @Test func `a checkout promises what the quote showed, although the settings changed`() throws {
    try beta.receive(alpha.next(settings(1000, fee: 2500, discount: 100)))
    let cart = try openCart()
    try beta.receive(alpha.next(settings(1001, fee: 9900)))
    let answer = checkout(cart.id, cart.quote)
    #expect(answer.code == 202)
    let said = try #require(try beta.published(OrderCaptured.self).first)
    #expect(said.data.orderId.description == answer.string("orderId"))
    #expect(said.data.cartId.description == cart.id)
    #expect((said.data.product, said.data.price) == ("widget", usd(1000)))
    let promise = try #require(said.data.promise)
    #expect((promise.quoteId.description, promise.settingsVersion) == (cart.quote, 1000))
    #expect((promise.fee, promise.discount) == (usd(2500), usd(100)))
    #expect(said.correlation.id == "order-request")
    #expect(said.correlation.requestID == "order-request")
  }

  @Test func `while an order is in flight its cart takes no other`() throws {
    try beta.receive(alpha.next(settings(1000)))
    let cart = try openCart()
    let order = checkout(cart.id, cart.quote).string("orderId")
    let closed = beta.get("/api/carts/\(cart.id)")
    #expect((closed.string("state"), closed.string("orderId")) == ("inFlight", order))
    for answer in [checkout(cart.id, cart.quote), beta.post("/api/carts/\(cart.id)/quote")] {
      #expect((answer.code, answer.string("orderId")) == (409, order))
    }
    #expect(try beta.published() == ["order.captured v2"])
  }

  @Test func `a new quote is of the settings that Beta knows now`() throws {
    try beta.receive(alpha.next(settings(1000)))
    let cart = try openCart()
    try beta.receive(alpha.next(settings(1001, fee: 3000)))
    #expect(beta.get("/api/carts/\(cart.id)").integer("quote.fee.amount") == 2500)
    let quoted = beta.post("/api/carts/\(cart.id)/quote")
    #expect(quoted.integer("quote.fee.amount") == 3000)
    #expect(quoted.string("quote.id") != cart.quote)
    #expect(checkout(cart.id, cart.quote).code == 202, "an older quote is promised as well")
    let inFlight = beta.get("/api/carts/\(cart.id)")
    #expect(inFlight.string("quote.id") == cart.quote, "it shows what was ordered by")
  }

  @Test func `a quote that is unknown, of another cart or spent is refused`() throws {
    try beta.receive(alpha.next(settings(1000)))
    let cart = try openCart()
    let other = try openCart()
    let unknown = beta.clock.identifier().description
    for quote in [unknown, other.quote, "x"] {
      let answer = checkout(cart.id, quote)
      #expect((answer.code, answer.string("path")) == (422, "quoteId"))
    }
    let answer = checkout(cart.id, cart.quote)
    let order = try #require(answer.string("orderId").flatMap(Identifier.init))
    let cartId = try #require(Identifier(cart.id))
    try beta.receive(
      alpha.next(OrderFinalized(orderId: order, cartId: cartId, outcome: .charged)))
    #expect(checkout(cart.id, cart.quote).code == 422)
    #expect(try beta.published() == ["order.captured v2"])
  }

  @Test(
    "an order that is wrong is refused, and leaves the cart open",
    arguments: [
      ("negative", "widget", "-1", "USD"), ("over the limit", "widget", "1000000000000", "USD"),
      ("over 64 bits", "widget", "9223372036854775808", "USD"),
      ("another currency", "widget", "1000", "EUR"), ("no currency", "widget", "1000", "usd"),
      ("half a cent", "widget", "0.5", "USD"), ("no product", "", "1000", "USD"),
      ("a blank product", " ", "1000", "USD"), ("a zero byte", #"a\u0000b"#, "1000", "USD"),
    ])
  func wrong(what: String, product: String, price: String, currency: String) throws {
    try beta.receive(alpha.next(settings(1000)))
    let cart = try openCart()
    let answer = checkout(cart.id, cart.quote, product: product, price: price, currency: currency)
    #expect(answer.code == 422)
    #expect(answer.string("remedy")?.isEmpty == false)
    #expect(beta.get("/api/carts/\(cart.id)").string("state") == "open")
    #expect(checkout(cart.id, cart.quote).code == 202)
  }

  @Test(
    "a product's name has at most 200 characters, of 800 bytes",
    arguments: [
      ("x", 200, 202), ("x", 201, 422), ("\u{1F600}", 200, 202),
      ("e\u{301}\u{301}\u{301}\u{301}", 200, 422),
    ])
  func longProducts(character: String, count: Int, code: Int) throws {
    try beta.receive(alpha.next(settings(1000)))
    let cart = try openCart()
    let product = String(repeating: character, count: count)
    #expect(checkout(cart.id, cart.quote, product: product).code == code)
  }

  @Test(
    "an unknown cart is not found",
    arguments: ["0192f0c0-0000-7000-8000-000000000000", "x"])
  func unknown(id: String) throws {
    try beta.receive(alpha.next(settings(1000)))
    #expect(beta.get("/api/carts/\(id)").code == 404)
    #expect(beta.post("/api/carts/\(id)/quote").code == 404)
    #expect(checkout(id, beta.clock.identifier().description).code == 404)
  }

  @Test func `the same command with its key is done once`() throws {
    try beta.receive(alpha.next(settings(1000)))
    let first = beta.post("/api/carts", key: "k")
    let again = beta.post("/api/carts", key: "k")
    #expect((again.code, again.body) == (201, first.body))
    let cart = try #require(first.string("id"))
    let quote = try #require(first.string("quote.id"))
    let order = checkout(cart, quote, key: "k")
    #expect(checkout(cart, quote, key: "k").body == order.body)
    #expect(checkout(cart, quote, price: "2000", key: "k").code == 422)
    #expect(try beta.published() == ["order.captured v2"])
  }
}
