import Beta
import Daemon
import Events
import HTTPTypes
import Journal
import RoomTesting
import Schema
import Testing

@Suite(.timeLimit(.minutes(1))) struct `Beta's pages` {
  private let beta: ServiceHarness
  private let alpha: SyntheticLog

  init() throws {
    beta = try ServiceHarness(BetaRoom.self)
    alpha = SyntheticLog("alpha", clock: beta.clock)
  }

  /// The path of a cart that was opened from the page, of these settings.
  private func openCart(fee: Int64 = 2500, discount: Int64 = 0) throws -> String {
    try beta.receive(alpha.next(settings(1000, fee: fee, discount: discount)))
    return try #require(beta.submit("/carts").headers[.location])
  }

  private func order(
    _ cart: String, product: String = "widget", price: String = "10.00", quote: String? = nil
  ) -> Response {
    let shown = beta.get("/api\(cart)").string("quote.id")
    return beta.submit(
      "\(cart)/checkout",
      fields: ["quoteId": quote ?? shown ?? "", "product": product, "price": price])
  }

  @Test func `without settings Beta's page shows it, and starts no order`() {
    let page = beta.get("/").text
    #expect(page.contains("has not received Alpha's settings"))
    #expect(!page.contains("action=\"/carts\""))
    #expect(!page.contains("0.00"))
    #expect(beta.submit("/carts").code == 503)
  }

  @Test(
    "the order form shows the fee and the discount that the quote promises",
    arguments: [
      (2500, 1000, "A fee of 25.00 USD is added.", "A discount of 10.00 USD is given"),
      (0, 0, "No fee is added.", "No discount is given."),
    ] as [(Int64, Int64, String, String)])
  func notices(fee: Int64, discount: Int64, feeNotice: String, discountNotice: String) throws {
    let page = beta.get(try openCart(fee: fee, discount: discount)).text
    #expect(page.contains(feeNotice))
    #expect(page.contains(discountNotice))
    #expect(page.contains("promised to you"))
  }

  @Test func `a quote that an order cannot carry is shown as one that may change`() throws {
    let cart = try openCart()
    try beta.journal.write { try $0.run("UPDATE quotes SET promised = 0") }
    let page = beta.get(cart).text
    #expect(page.contains("Fee and discount may change"))
    #expect(!page.contains("promised to you"))
  }

  @Test func `an order is placed from the page, by the quote that it showed`() throws {
    let cart = try openCart()
    let shown = try #require(beta.get("/api\(cart)").string("quote.id"))
    #expect(beta.get(cart).text.contains(#"name="quoteId" value="\#(shown)""#))
    try beta.receive(alpha.next(settings(1001, fee: 9900)))
    #expect(beta.submit("\(cart)/quote").headers[.location] == cart)
    #expect(beta.get(cart).text.contains("A fee of 99.00 USD"))
    let answer = order(cart, price: "12.5", quote: shown)
    #expect((answer.code, answer.headers[.location]) == (303, cart))
    let said = try #require(try beta.published(OrderCaptured.self).first?.data)
    #expect((said.price, said.promise?.fee) == (usd(1250), usd(2500)))
  }

  @Test func `while the order is in flight the form is closed, and the page comes again`() throws {
    let cart = try openCart()
    let refresh = "<noscript><meta http-equiv=\"refresh\" content=\"2\">"
    #expect(!beta.get(cart).text.contains(refresh))
    _ = order(cart)
    let closed = beta.get(cart)
    let id = try #require(beta.get("/api\(cart)").string("orderId"))
    #expect(closed.text.contains(refresh))
    #expect(closed.text.contains(id))
    #expect(!closed.text.contains("<form"))
    #expect(beta.get("/").text.contains("closed, an order is in flight"))
  }

  @Test func `a form that is sent twice is one order, and another one is refused`() throws {
    let cart = try openCart()
    let shown = beta.get("/api\(cart)").string("quote.id")
    #expect(order(cart, quote: shown).code == 303)
    #expect(order(cart, quote: shown).headers[.location] == cart)
    #expect(order(cart, quote: beta.clock.identifier().description).code == 409)
    #expect(try beta.published().count == 1)
  }

  @Test(
    "the page shows the outcome of a finalized order, and the form is open",
    arguments: [
      (OrderFinalized.Outcome.charged, "Your last order was charged."),
      (.declined, "the payment was declined"), (.rejected, "was rejected, and is not charged"),
    ])
  func finalized(outcome: OrderFinalized.Outcome, sentence: String) throws {
    let cart = try openCart()
    _ = order(cart, product: "<b>")
    let captured = try #require(try beta.published(OrderCaptured.self).first?.data)
    try beta.receive(
      alpha.next(
        OrderFinalized(orderId: captured.orderId, cartId: captured.cartId, outcome: outcome)))
    let page = beta.get(cart).text
    #expect(page.contains(sentence))
    #expect(page.contains(captured.orderId.description))
    #expect(page.contains("action=\"\(cart)/checkout\""))
    #expect(beta.get("/").text.contains("<td>\(outcome.rawValue)</td>"))
  }

  @Test(
    "a form that is wrong is refused, and names the field",
    arguments: [
      ("product", "", "1"), ("price", "widget", ""), ("price", "widget", "ten"),
      ("price", "widget", "1.234"), ("price", "widget", "-1"), ("price", "widget", "1,000"),
      ("price", "widget", "99999999999.00"),
    ])
  func wrong(field: String, product: String, price: String) throws {
    let cart = try openCart()
    let answer = order(cart, product: product, price: price)
    #expect((answer.code, answer.string("path")) == (422, field))
    #expect(try beta.published().isEmpty)
  }

  @Test(arguments: ["", "x"])
  func `a form without a quote is refused`(quote: String) throws {
    let cart = try openCart()
    #expect(order(cart, quote: quote).string("path") == "quoteId")
  }

  @Test func `entered text is shown and never run`() throws {
    let cart = try openCart()
    _ = order(cart, product: "<script>alert(\"1\")</script>")
    for page in [beta.get(cart).text, beta.get("/").text] {
      #expect(!page.contains("<script>"))
      #expect(page.contains("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;"))
    }
  }
}
