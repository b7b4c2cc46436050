import Daemon
import Events
import HTTPTypes
import RoomTesting
import Schema
import Testing

@Suite(.timeLimit(.minutes(1))) struct `Beta's order form` {
  private let browser: BetaBrowser

  init() throws { browser = try BetaBrowser() }

  @Test(
    "it shows the fee, the discount and the total of what is typed",
    arguments: [
      (2500, 1000, "", "+ 25.00 USD", "− 10.00 USD at most", "needs a price"),
      (2500, 1000, "10", "+ 25.00 USD", "− 10.00 USD", "25.00 USD"),
      (2500, 1000, "12,50", "+ 25.00 USD", "− 10.00 USD", "27.50 USD"),
      (500, 1000, "1", "+ 5.00 USD", "− 6.00 USD", "0.00 USD"),
      (0, 0, "12.5", "none", "none", "12.50 USD"),
      (0, 0, "1,000", "none", "none", "unknown"),
    ] as [(Int64, Int64, String, String, String, String)])
  func total(
    fee: Int64, discount: Int64, price: String, shownFee: String, shownDiscount: String,
    total: String
  ) throws {
    let cart = try browser.openCart(fee: fee, discount: discount)
    let page = browser.get("\(cart)?product=lamp&price=\(price)&quoteId=\(browser.quote(cart))")
      .text
    #expect(page.contains("id=\"fee\">\(shownFee)</dd>"))
    #expect(page.contains("id=\"discount\">\(shownDiscount)</dd>"))
    #expect(page.contains("id=\"total\">\(total)</dd>"))
    #expect(page.contains(#"name="product" value="lamp""#))
    #expect(page.contains(#"name="price" value="\#(price)""#))
    #expect(page.contains("promised to you"))
    #expect(page.contains("id=\"price-error\"") == (total == "unknown"))
  }

  @Test(arguments: ["1 234 567.89", "1\u{a0}234\u{a0}567,89", "1\u{202f}234\u{202f}567.89"])
  func `an amount that was copied from a page is read, and shown in groups of three digits`(
    price: String
  ) throws {
    let cart = try browser.openCart()
    let query = "product=lamp&price=\(price.percentEncoded)&quoteId=\(browser.quote(cart))"
    let page = browser.get("\(cart)?\(query)").text
    #expect(page.contains("id=\"total\">1\u{202f}234\u{202f}592.89 USD</dd>"))
    #expect(page.contains("name=\"price\" value=\"\(price)\""), "what was typed stays")
    #expect(browser.order(cart, price: price).code == 303)
    #expect(try browser.beta.published(OrderCaptured.self).last?.data.price == usd(123_456_789))
    #expect(browser.get("/").text.contains("1\u{202f}234\u{202f}592.89 USD</td>"))
    #expect(browser.get(cart).text.contains("1\u{202f}234\u{202f}567.89 USD"))
  }

  @Test func `a price that cannot be read has its problem beside it, in words`() throws {
    let cart = try browser.openCart()
    let page = browser.get("\(cart)?product=&price=ten").text
    #expect(page.contains("The price cannot be read: “ten” is not an amount, write it like 10.00."))
    #expect(page.contains(#"aria-describedby="price-error price-hint" aria-invalid="true""#))
    let large = browser.get("\(cart)?product=&price=99999999999.00").text
    #expect(large.contains("The price cannot be read: the price is above the limit"))
  }

  @Test(
    "a form that is wrong is shown again, with the problem at its field and what was typed",
    arguments: [
      ("product", " ", "1.5"), ("price", "widget", ""), ("price", "widget", "ten"),
      ("price", "widget", "1.234"), ("price", "widget", "-1"), ("price", "widget", "1,000"),
      ("price", "widget", "99999999999.00"),
    ])
  func wrong(field: String, product: String, price: String) throws {
    let cart = try browser.openCart()
    let answer = browser.order(cart, product: product, price: price)
    let page = answer.text
    #expect(answer.code == 422)
    #expect(page.contains("<p class=\"error\" id=\"\(field)-error\">"))
    #expect(page.contains("name=\"product\" value=\"\(product)\""))
    #expect(page.contains("name=\"price\" value=\"\(price)\""))
    #expect(page.split(separator: "aria-invalid=\"true\"").count == 2, "one field is wrong")
    #expect(!page.contains("id=\"refusal\""))
    #expect(try browser.beta.published().isEmpty)
    let json = browser.beta.submit(
      "\(cart)/checkout",
      fields: ["quoteId": browser.quote(cart), "product": product, "price": price])
    #expect((json.code, json.string("path")) == (422, field))
  }

  @Test(
    "a refusal stays at its field while the page is read again, until it is corrected",
    arguments: [("product", "", "10"), ("price", "widget", ""), ("price", "widget", "-1")])
  func refusalStays(field: String, product: String, price: String) throws {
    let cart = try browser.openCart()
    let refused = browser.order(cart, product: product, price: price).text
    #expect(refused.contains(#"<input type="hidden" name="refused" value="fields""#))
    func read(_ product: String, _ price: String) -> String {
      let typed = "product=\(product)&price=\(price)&quoteId=\(browser.quote(cart))"
      return browser.get("\(cart)?\(typed)&refused=fields").text
    }
    let again = read(product, price)
    #expect(again.contains("id=\"\(field)-error\""))
    #expect(again.contains(#"name="refused" value="fields""#))
    let corrected = read("widget", "10")
    #expect(!corrected.contains("-error\"") && corrected.contains("id=\"total\">35.00 USD</dd>"))
  }

  @Test func `a refused quote stays refused while the page is read again`() throws {
    let cart = try browser.openCart()
    let spent = browser.quote(cart)
    _ = browser.order(cart, quote: spent)
    try browser.finalize(.charged)
    #expect(browser.order(cart, quote: spent).text.contains("value=\"\(spent)\" id=\"refused\""))
    let page = browser.get(
      "\(cart)?product=lamp&price=&quoteId=\(browser.quote(cart))&refused=\(spent)"
    ).text
    #expect(page.contains("quote has served another order.</strong>"))
    #expect(!page.contains("-error\""))
    #expect(!browser.get("\(cart)?product=lamp&price=").text.contains("id=\"refusal\""))
  }

  @Test func `what was typed waits while another tab's order is in flight`() throws {
    let cart = try browser.openCart()
    _ = browser.order(cart)
    let page = browser.get("\(cart)?product=lamp&price=12&refused=none").text
    #expect(page.contains("<form id=\"held\" data-draft hidden>"))
    for field in ["product\" value=\"lamp", "price\" value=\"12", "refused\" value=\"none"] {
      #expect(page.contains("<input type=\"hidden\" name=\"\(field)\">"))
    }
    #expect(!browser.get(cart).text.contains("id=\"held\""))
  }

  @Test func `the total is announced as a sentence, and so is what keeps it unknown`() throws {
    let cart = try browser.openCart()
    func said(_ price: String) -> String? {
      let page = browser.get("\(cart)?product=&price=\(price)").text
      return page.firstMatch(of: /<output[^>]*>([^<]*)<\/output>/).map { String($0.1) }
    }
    #expect(said("") == "")
    #expect(said("10") == "The total is 35.00 USD.")
    #expect(said("ten")?.hasPrefix("The price cannot be read") == true)
  }

  @Test(arguments: ["", "x"])
  func `a form without a quote is refused, and shown with one`(quote: String) throws {
    let cart = try browser.openCart()
    let answer = browser.order(cart, quote: quote)
    #expect(answer.code == 422 && answer.text.contains("id=\"refusal\""))
    #expect(answer.text.contains(#"name="quoteId" value="\#(browser.quote(cart))""#))
  }

  @Test func `a form of a cart that does not exist is shown on no page`() throws {
    _ = try browser.openCart()
    let cart = "/carts/\(browser.beta.clock.identifier())"
    let answer = browser.order(cart)
    #expect(answer.code == 404 && !answer.text.contains("order-form"))
  }

  @Test func `a decimal comma is understood`() throws {
    let cart = try browser.openCart()
    #expect(browser.order(cart, price: "12,50").headers[.location] == cart)
    #expect(try browser.beta.published(OrderCaptured.self).first?.data.price == usd(1250))
  }

  @Test func `settings that change to the worse leave the quote, and offer none`() throws {
    let cart = try browser.openCart(fee: 2500)
    let quote = browser.quote(cart)
    try browser.change(settings(1001, fee: 9900))
    let page = browser.get("\(cart)?product=lamp&price=10&quoteId=\(quote)").text
    #expect(page.contains("<strong>The settings have changed; your quote stands.</strong>"))
    #expect(page.contains("Now there is a fee of 99.00 USD and no discount."))
    #expect(page.contains("what was promised to you stays"))
    #expect(page.contains("data-news=\"The settings have changed; your quote stands.\""))
    #expect(page.contains("id=\"total\">35.00 USD</dd>"))
    #expect(!page.contains("action=\"\(cart)/quote\""))
    #expect(browser.order(cart, quote: quote).headers[.location] == cart)
    let said = try #require(try browser.beta.published(OrderCaptured.self).first?.data)
    #expect(said.promise?.fee == usd(2500))
  }

  @Test func `settings that are better are offered, and what was typed stays`() throws {
    let cart = try browser.openCart(fee: 2500)
    let old = browser.quote(cart)
    try browser.change(settings(1001, fee: 100))
    let page = browser.get("\(cart)?product=lamp+%26+oil&price=10&quoteId=\(old)").text
    #expect(page.contains("That is better for you"))
    #expect(page.contains("id=\"total\">35.00 USD</dd>"))
    #expect(page.contains("action=\"\(cart)/quote\""))
    let answer = browser.submit("\(cart)/quote", ["product": "lamp & oil", "price": "10"])
    #expect(answer.headers[.location] == "\(cart)?product=lamp%20%26%20oil&price=10")
    let fresh = browser.get(try #require(answer.headers[.location])).text
    #expect(fresh.contains("id=\"total\">11.00 USD</dd>"))
    #expect(fresh.contains(#"name="product" value="lamp &amp; oil""#))
    #expect(!fresh.contains("The settings have changed"))
  }

  @Test func `a form that is open in another tab keeps the quote that it has shown`() throws {
    let cart = try browser.openCart(fee: 2500)
    let old = browser.quote(cart)
    try browser.change(settings(1001, fee: 9900))
    _ = browser.submit("\(cart)/quote")
    #expect(browser.quote(cart) != old)
    let other = browser.get("\(cart)?product=&price=10&quoteId=\(old)").text
    #expect(other.contains(#"name="quoteId" value="\#(old)""#))
    #expect(other.contains("id=\"total\">35.00 USD</dd>"))
    #expect(browser.get(cart).text.contains("id=\"fee\">+ 99.00 USD</dd>"))
  }

  @Test func `a double click is one order`() throws {
    let cart = try browser.openCart()
    let shown = browser.quote(cart)
    #expect(browser.order(cart, quote: shown).code == 303)
    #expect(browser.order(cart, quote: shown).headers[.location] == cart)
    #expect(try browser.beta.published().count == 1)
  }

  @Test func `another tab's order is refused while one is in flight, on the cart's page`() throws {
    let cart = try browser.openCart()
    let old = browser.quote(cart)
    _ = browser.submit("\(cart)/quote")
    #expect(browser.order(cart).code == 303)
    let answer = browser.order(cart, quote: old)
    #expect(answer.code == 409)
    #expect(answer.text.contains("<strong>An order of this cart is in flight.</strong>"))
    #expect(try browser.beta.published().count == 1)
  }

  @Test func `a form from the history, whose quote has served, is shown with a new one`() throws {
    let cart = try browser.openCart()
    let spent = browser.quote(cart)
    _ = browser.order(cart, quote: spent)
    try browser.finalize(.charged)
    let answer = browser.order(cart, product: "lamp", quote: spent)
    #expect(answer.code == 422 && answer.text.contains("id=\"refusal\""))
    #expect(!answer.text.contains("POST /api"))
    #expect(answer.text.contains(#"name="quoteId" value="\#(browser.quote(cart))""#))
    #expect(answer.text.contains(#"name="product" value="lamp""#))
    #expect(try browser.beta.published().count == 1)
  }
}
