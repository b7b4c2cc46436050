import Daemon
import Events
import HTTPTypes
import Journal
import RoomTesting
import Schema
import Testing

@Suite(.timeLimit(.minutes(1))) struct `Beta's pages` {
  private let browser: BetaBrowser

  init() throws { browser = try BetaBrowser() }

  @Test func `without settings Beta's page shows it, and starts no order`() {
    for page in [browser.get("/").text, browser.get("/pane").text] {
      #expect(page.contains("has not received Alpha's settings"))
      #expect(!page.contains("action=\"/carts\""))
      #expect(!page.contains("0.00"))
    }
    #expect(
      browser.get("/pane").text.contains("data-news=\"Beta waits for Alpha&#39;s settings.\""))
    #expect(browser.submit("/carts").code == 503)
  }

  @Test func `a customer sees their own carts and orders, and of others nothing`() throws {
    let first = try browser.openCart()
    let second = try browser.startOrder()
    #expect(browser.get("/").text.contains("No orders from this browser yet."))
    _ = browser.order(second, product: "lamp")
    let own = browser.get("/").text
    #expect(own.contains("data-copy=\"\(first.dropFirst("/carts/".count))\""))
    #expect(own.contains("href=\"\(first)\"") && own.contains("href=\"\(second)\""))
    #expect(own.contains("<bdi>lamp</bdi>") && own.contains(">35.00 USD</td>"))

    let other = try BetaBrowser(sharing: browser)
    let page = other.get("/").text
    #expect(page.contains("No carts from this browser yet."))
    #expect(!page.contains("lamp") && !page.contains(first) && !page.contains(second))
    #expect(other.get("/pane").text.contains("Start an order"))
  }

  @Test func `the browser keeps the last twenty carts, for this service alone`() throws {
    var carts = [try browser.openCart()]
    let kept = browser.submit("/carts").headers[.setCookie]
    #expect(kept?.hasPrefix("beta-carts=") == true)
    #expect(kept?.contains("HttpOnly; SameSite=Lax") == true)
    for _ in 0..<20 { carts.append(try browser.startOrder()) }
    let page = browser.get("/").text
    #expect(!page.contains("href=\"\(carts[0])\""))
    #expect(carts.dropFirst().allSatisfy { page.contains("href=\"\($0)\"") })
  }

  @Test func `while the order is in flight the page shows its steps, and no form`() throws {
    let cart = try browser.openCart()
    let refresh = "<noscript><meta http-equiv=\"refresh\" content=\"2\">"
    #expect(!browser.get(cart).text.contains(refresh))
    _ = browser.order(cart)
    let page = browser.get(cart).text
    let id = try #require(browser.beta.get("/api\(cart)").string("orderId"))
    #expect(page.contains("<title>Order in flight · Beta</title>"))
    #expect(page.contains("data-news=\"Order in flight: widget.\""))
    #expect(page.contains(#"<li id="step-captured" class="done">"#))
    #expect(page.contains(#"<li id="step-approved" class="now">"#))
    #expect(page.contains("waiting for approval"))
    #expect(page.contains(refresh) && page.contains(id) && !page.contains("<form"))
    #expect(browser.get("/").text.contains("closed, an order is in flight"))
  }

  @Test func `an approval is a step of the page, and leaves the API's cart as it is`() throws {
    let cart = try browser.openCart()
    _ = browser.order(cart)
    let before = browser.beta.get("/api\(cart)").text
    try browser.approve()
    #expect(browser.beta.get("/api\(cart)").text == before)
    let page = browser.get(cart).text
    #expect(page.contains("<title>Order approved · Beta</title>"))
    #expect(page.contains("data-news=\"Order approved: widget. The payment is pending.\""))
    #expect(page.contains(#"<li id="step-approved" class="done"><strong>Approved</strong>"#))
    #expect(page.contains(#"<li id="step-charged" class="now">"#))
    #expect(browser.get("/").text.contains("\">approved</span>"))
    try browser.finalize(.charged)
    #expect(browser.get(cart).text.contains("<title>Charged 35.00 USD · Beta</title>"))
  }

  @Test func `the reason of a rejection is on the page, and in the list`() throws {
    let cart = try browser.openCart()
    _ = browser.order(cart)
    try browser.reject(because: "sold <out>")
    try browser.finalize(.rejected)
    let page = browser.get(cart).text
    #expect(page.contains(#"<p id="why">Reason: <bdi>sold &lt;out&gt;</bdi></p>"#))
    #expect(page.contains("the order was rejected. Reason: sold &lt;out&gt;"))
    #expect(browser.get("/").text.contains("sold &lt;out&gt;"))
  }

  @Test(
    "the page shows the outcome in its title and in large, and the form is open again",
    arguments: [
      (.charged, "Charged 35.00 USD", "You paid 35.00 USD.", "done"),
      (.declined, "Declined", "Nothing was paid: the payment was declined.", "ended"),
      (.rejected, "Rejected", "Nothing was paid: the order was rejected", ""),
    ] as [(OrderFinalized.Outcome, String, String, String)])
  func finalized(
    outcome: OrderFinalized.Outcome, title: String, sentence: String, step: String
  ) throws {
    let cart = try browser.openCart()
    let spent = browser.quote(cart)
    _ = browser.order(cart, product: "<b>")
    try browser.finalize(outcome)
    let page = browser.get("\(cart)?quoteId=\(spent)").text
    #expect(page.contains("<title>\(title) · Beta</title>"))
    #expect(page.contains("data-news=\"\(title): &lt;b&gt;. \(sentence)"))
    #expect(page.contains(#"<li id="step-charged" class="\#(step)">"#))
    #expect(page.contains("\">\(sentence)"))
    #expect(page.contains("action=\"\(cart)/checkout\""))
    #expect(page.contains(#"name="quoteId" value="\#(browser.quote(cart))""#))
    #expect(!page.contains(spent))
    #expect(browser.get("/").text.contains("\">\(outcome.rawValue)</span>"))
  }

  @Test func `of an order without a promise the paid total is not known`() throws {
    let cart = try browser.openCart()
    try browser.beta.journal.write { try $0.run("UPDATE quotes SET promised = 0") }
    let form = browser.get(cart).text
    #expect(form.contains("Fee and discount may change"))
    #expect(!form.contains("promised to you"))
    try browser.beta.journal.write { try $0.run("UPDATE quotes SET promised = 1") }
    _ = browser.order(cart)
    try browser.beta.journal.write { try $0.run("UPDATE quotes SET promised = 0") }
    try browser.finalize(.charged)
    let page = browser.get(cart).text
    #expect(page.contains("<title>Charged · Beta</title>"))
    #expect(page.contains("You paid the total that Alpha priced."))
    #expect(browser.get("/").text.contains("class=\"number\">unknown</td>"))
  }

  @Test func `the pane shows the newest cart, and its forms come back to it`() throws {
    try browser.change(settings(1000))
    let start = browser.get("/pane").text
    #expect(start.contains("<body class=\"pane beta\""))
    #expect(start.contains(#"<input type="hidden" name="from" value="pane">"#))
    #expect(browser.submit("/carts", ["from": "pane"]).headers[.location] == "/pane")
    let page = browser.get("/pane?product=&price=12,50&quoteId=&from=pane").text
    #expect(page.contains("id=\"total\">37.50 USD</dd>"))
    let action = try #require(page.firstMatch(of: /action="(\/carts\/[^"]*)\/checkout"/))
    let cart = String(action.1)
    var fields = [
      "from": "pane", "quoteId": browser.quote(cart), "product": "lamp", "price": "x",
    ]
    let refused = browser.submit("\(cart)/checkout", fields)
    #expect(refused.code == 422 && refused.text.contains("<body class=\"pane beta\""))
    fields["price"] = "10"
    #expect(browser.submit("\(cart)/checkout", fields).headers[.location] == "/pane")
    #expect(browser.get("/pane").text.contains("<title>Order in flight · Beta</title>"))
    try browser.finalize(.charged)
    let quote = browser.submit("\(cart)/quote", ["from": "pane"])
    #expect(quote.headers[.location] == "/pane")
  }

  @Test func `entered text is shown and never run`() throws {
    let cart = try browser.openCart()
    let script = "<script>alert(\"1\")</script>"
    let refused = browser.order(cart, product: script, price: script)
    _ = browser.order(cart, product: script)
    for page in [refused.text, browser.get(cart).text, browser.get("/").text] {
      #expect(!page.contains("<script>"))
      #expect(page.contains("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;"))
    }
  }
}
