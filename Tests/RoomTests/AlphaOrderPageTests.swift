import Alpha
import Daemon
import Events
import HTTPTypes
import RoomTesting
import Schema
import Testing

/// The page of an order, and the pane.
@Suite(.timeLimit(.minutes(1))) struct `Alpha's page of an order` {
  private let alpha: ServiceHarness
  private let beta: SyntheticLog
  private let charlie: SyntheticLog

  init() throws {
    alpha = try ServiceHarness(AlphaRoom.self, values: ["pages.overlord": "http://watch.example/"])
    beta = SyntheticLog("beta", clock: alpha.clock)
    charlie = SyntheticLog("charlie", clock: alpha.clock)
  }

  private func captured(_ product: String = "widget", request: String = "work-1") throws
    -> Identifier
  {
    let order = alpha.clock.captured(product: product, discount: 300)
    try alpha.receive(beta.next(order, request: request))
    return order.orderId
  }

  @Test func `it has the price as a sum, and a link to the trace of its request`() throws {
    let id = try captured(request: "a/b?c")
    let page = alpha.get("/orders/\(id)").text
    #expect(page.contains("<title>widget: waiting · Alpha</title>"))
    #expect(page.contains("id=\"outcome\">32.00 USD waits for a decision</h2>"))
    for amount in ["10.00", "25.00", "3.00", "32.00"] {
      #expect(page.contains("<td class=\"number\">\(amount)</td>"), "\(amount)")
    }
    #expect(page.contains("href=\"/settings#version-1000\""))
    #expect(page.contains("href=\"http://watch.example/traces/a%2fb%3fc\""))
    #expect(page.contains("data-copy=\"\(id)\""))
    #expect(page.contains("action=\"/orders/\(id)/approve\""))
  }

  @Test func `its timeline has the time of each step, and the request that decided`() throws {
    let id = try captured()
    let answer = alpha.submit("/orders/\(id)/approve", fields: ["from": "order"])
    let next = "/orders/\(id)?done=approved:\(id)"
    #expect((answer.code, answer.headers[.location]) == (303, next))
    let flying = alpha.get(next).text
    #expect(flying.contains("<title>widget: in flight · Alpha</title>"))
    #expect(flying.contains("<li class=\"done\"><strong>Approved</strong><time datetime="))
    #expect(flying.contains("<span class=\"hint\">by request "))
    #expect(flying.contains("<span class=\"id\" title=\"request-1\">"))
    #expect(flying.contains("<li class=\"now\"><strong>Charged</strong> pending at Charlie"))
    #expect(flying.contains("id=\"done\">Approved: “widget” for 32.00 USD."))
    #expect(!flying.contains("/approve\""))
    try alpha.receive(
      charlie.next(
        OrderCharged(orderId: id, chargeId: alpha.clock.identifier(), total: usd(3200), fee: nil)))
    let charged = alpha.get("/orders/\(id)").text
    #expect(charged.contains("<h2 class=\"outcome good\" id=\"outcome\">32.00 USD was charged<"))
    #expect(charged.contains("<li class=\"done\"><strong>Charged</strong><time"))
    #expect(charged.contains("<li class=\"done\"><strong>Finalized</strong><time"))
    #expect(charged.contains("data-news=\"32.00 USD was charged.\""))
  }

  @Test func `a rejected or declined order has its reason`() throws {
    let rejected = try captured()
    _ = alpha.submit("/orders/\(rejected)/reject", fields: ["reason": "sold & gone"])
    let page = alpha.get("/orders/\(rejected)").text
    #expect(page.contains("Rejected: nothing was charged"))
    #expect(page.contains("<bdi>sold &amp; gone</bdi>"))
    #expect(page.contains("<li class=\"ended\"><strong>Rejected</strong><time"))
    let declined = try captured("gadget")
    _ = alpha.submit("/orders/\(declined)/approve")
    try alpha.receive(
      charlie.next(
        OrderDeclined(
          orderId: declined, chargeId: alpha.clock.identifier(), code: "funds", reason: "no funds"))
    )
    let other = alpha.get("/orders/\(declined)").text
    #expect(other.contains("<title>gadget: declined · Alpha</title>"))
    #expect(other.contains("<bdi>no funds</bdi>"))
    #expect(other.contains("<li class=\"ended\"><strong>Declined</strong><time"))
  }

  @Test func `an approval without a person says so`() throws {
    let alpha = try ServiceHarness(AlphaRoom.self, values: ["approval": "automatic"])
    let order = alpha.clock.captured()
    try alpha.receive(SyntheticLog("beta", clock: alpha.clock).next(order))
    let page = alpha.get("/orders/\(order.orderId)").text
    #expect(page.contains("</time> automatically</li>"))
    #expect(!page.contains("by request"))
  }

  @Test func `a refused decision is shown on the order's page`() throws {
    let id = try captured()
    let answer = alpha.submitInBrowser(
      "/orders/\(id)/reject", fields: ["from": "order", "reason": ""])
    #expect(answer.code == 422)
    #expect(answer.text.contains("<title>widget: waiting · Alpha</title>"))
    #expect(answer.text.contains("<details id=\"reject-\(id)\" open>"))
    #expect(alpha.get("/orders/\(alpha.clock.identifier())").code == 404)
    #expect(alpha.get("/orders/approve").code == 404)
  }

  // MARK: The pane

  @Test func `the pane has the settings and the first three orders of the queue`() throws {
    let orders = try (1...6).map { try captured("thing \($0)") }
    let pane = alpha.get("/pane").text
    #expect(pane.contains("<body class=\"pane alpha\""))
    #expect(pane.contains("<title>6 orders to decide · Alpha</title>"))
    #expect(pane.contains("thing 1") && pane.contains("thing 3") && !pane.contains("thing 4"))
    #expect(pane.contains("<a class=\"low\" href=\"/\" target=\"_blank\">and 4 more</a>"))
    #expect(pane.contains("<a class=\"high\" href=\"/\" target=\"_blank\">and 3 more</a>"))
    #expect(pane.contains("<input id=\"fee\" name=\"fee\""))
    let answer = alpha.submit("/orders/\(orders[0])/approve", fields: ["from": "pane"])
    let next = "/pane?done=approved:\(orders[0])"
    #expect((answer.code, answer.headers[.location]) == (303, next))
    #expect(alpha.get(next).text.contains("Approved: “thing 1” for 32.00 USD."))
  }

  @Test func `a form of the pane leads back to the pane, refused or not`() {
    var fields = ["version": "1000", "fee": "30", "discount": "10.00", "from": "pane"]
    fields["feeEnabled"] = "on"
    let answer = alpha.submit("/settings", fields: fields)
    #expect((answer.code, answer.headers[.location]) == (303, "/pane"))
    #expect(alpha.get("/pane").text.contains("value=\"30.00\""))
    let stale = alpha.submitInBrowser("/settings", fields: fields)
    #expect(stale.code == 412)
    #expect(stale.text.contains("<body class=\"pane alpha\""))
    #expect(stale.text.contains("data-keep=\"refused\""))
    #expect(stale.text.contains("name=\"version\" value=\"1001\""))
    #expect(stale.text.contains("<p class=\"error\" id=\"refused\" role=\"alert\">"))
  }
}
