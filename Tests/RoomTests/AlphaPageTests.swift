import Alpha
import Daemon
import Events
import HTTPTypes
import RoomTesting
import Schema
import Testing

@Suite(.timeLimit(.minutes(1))) struct `Alpha's page` {
  private let alpha: ServiceHarness
  private let beta: SyntheticLog

  init() throws {
    alpha = try ServiceHarness(AlphaRoom.self)
    beta = SyntheticLog("beta", clock: alpha.clock)
  }

  private let form = [
    "version": "1000", "feeEnabled": "on", "fee": "30.00", "discount": "10.00",
  ]

  @Test func `the settings and their history are shown`() {
    let page = alpha.get("/").text
    #expect(page.contains("Version <strong>1000</strong>"))
    #expect(page.contains("value=\"25.00\">"))
    #expect(page.contains("25.00 USD, on"))
    #expect(page.contains("10.00 USD, off"))
    #expect(page.contains("No orders"))
  }

  @Test func `the form changes the settings as the API does`() throws {
    let answer = alpha.submit("/settings", fields: form)
    #expect((answer.code, answer.headers[.location]) == (303, "/#settings"))
    let settings = alpha.get("/api/settings")
    #expect((settings.integer("version"), settings.integer("fee.amount")) == (1001, 3000))
    #expect(settings.value("discount.enabled") == .bool(false))
    #expect(alpha.get("/").text.contains("30.00 USD, on"))
  }

  @Test func `a form that shows settings that are not in force any more is refused`() {
    _ = alpha.submit("/settings", fields: form)
    let answer = alpha.submit("/settings", fields: form.merging(["fee": "1"]) { $1 })
    #expect(answer.code == 412)
    #expect(answer.string("remedy")?.contains("again") == true)
    #expect(alpha.get("/api/settings").integer("fee.amount") == 3000)
  }

  @Test(
    "an amount that cannot be read is refused, and named",
    arguments: ["", "x", "1,5", "-1", "1.005", "99999999999999999999", "1e3"])
  func amounts(text: String) {
    let answer = alpha.submit("/settings", fields: form.merging(["discount": text]) { $1 })
    #expect((answer.code, answer.string("path")) == (422, "discount"))
    #expect(alpha.get("/api/settings").integer("version") == 1000)
  }

  @Test func `an amount over the limit is refused by the API's rule`() {
    let answer = alpha.submit("/settings", fields: form.merging(["fee": "10000000000.00"]) { $1 })
    #expect(answer.string("type") == "urn:eventually:problem:invalid-money")
  }

  @Test func `entered text is shown and never run`() throws {
    try alpha.receive(beta.next(alpha.clock.captured(product: "<script>alert('1')</script>")))
    let page = alpha.get("/").text
    #expect(!page.contains("<script>"))
    #expect(page.contains("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;"))
  }

  @Test func `an order is approved from the page, once`() throws {
    let captured = alpha.clock.captured()
    try alpha.receive(beta.next(captured))
    #expect(alpha.get("/").text.contains("action=\"/orders/\(captured.orderId)/approve\""))
    let answer = alpha.submit("/orders/\(captured.orderId)/approve", fields: ["state": "captured"])
    #expect((answer.code, answer.headers[.location]) == (303, "/?state=captured#orders"))
    #expect(answer.correlationID == "work-1")
    #expect(alpha.submit("/orders/\(captured.orderId)/approve").code == 303)
    #expect(alpha.submit("/orders/\(captured.orderId)/reject", fields: ["reason": "x"]).code == 409)
    #expect(!alpha.get("/").text.contains("/approve\""))
    #expect(try alpha.published(OrderApproved.self).count == 1)
  }

  @Test func `an order is rejected from the page, with a reason`() throws {
    let captured = alpha.clock.captured()
    try alpha.receive(beta.next(captured))
    #expect(alpha.submit("/orders/\(captured.orderId)/reject", fields: ["reason": ""]).code == 422)
    let answer = alpha.submit(
      "/orders/\(captured.orderId)/reject", fields: ["reason": "sold & gone"])
    #expect((answer.code, answer.headers[.location]) == (303, "/#orders"))
    #expect(alpha.get("/").text.contains("sold &amp; gone"))
  }

  @Test func `orders are shown by state, and older ones behind a link`() throws {
    let orders = (1...3).map { alpha.clock.captured(product: "thing \($0)") }
    for order in orders { try alpha.receive(beta.next(order)) }
    _ = alpha.submit("/orders/\(orders[0].orderId)/approve")
    let captured = alpha.get("/?state=captured&limit=1").text
    #expect(captured.contains("thing 3"))
    #expect(!captured.contains("thing 1"))
    let older = "/?state=captured&amp;before=\(orders[2].orderId)#orders"
    #expect(captured.contains("href=\"\(older)\""))
    #expect(alpha.get("/?state=declined").text.contains("No orders that are declined"))
    #expect(alpha.get("/?state=lost").code == 422)
  }
}
