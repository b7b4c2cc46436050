import Daemon
import Events
import HTTPTypes
import RoomTesting
import Schema
import Testing

@testable import Alpha

/// The page of the queue, and the decisions that are made there.
@Suite(.timeLimit(.minutes(1))) struct `Alpha's page` {
  private let alpha: ServiceHarness
  private let beta: SyntheticLog
  private let charlie: SyntheticLog

  init() throws {
    alpha = try ServiceHarness(AlphaRoom.self)
    beta = SyntheticLog("beta", clock: alpha.clock)
    charlie = SyntheticLog("charlie", clock: alpha.clock)
  }

  private func captured(_ product: String = "widget", price: Int64 = 1000) throws -> Identifier {
    let order = alpha.clock.captured(product: product, price: price)
    try alpha.receive(beta.next(order))
    return order.orderId
  }

  private func charged(_ id: Identifier) throws {
    try alpha.receive(
      charlie.next(
        OrderCharged(
          orderId: id, chargeId: alpha.clock.identifier(), total: usd(3500), fee: nil)))
  }

  private func declined(_ id: Identifier) throws {
    try alpha.receive(
      charlie.next(
        OrderDeclined(
          orderId: id, chargeId: alpha.clock.identifier(), code: "no-funds", reason: "no funds")))
  }

  @Test func `an empty queue says so`() {
    let page = alpha.get("/").text
    #expect(page.contains("<title>No order to decide · Alpha</title>"))
    #expect(page.contains("No order waits."))
    #expect(page.contains("No order is decided yet."))
    #expect(page.contains("href=\"/\" aria-current=\"page\""))
  }

  @Test func `the queue begins with the order that waits the longest, and the title counts it`()
    throws
  {
    let orders = try ["first", "second", "third"].map { try captured($0) }
    let page = alpha.get("/").text
    #expect(page.contains("<title>3 orders to decide · Alpha</title>"))
    let places = orders.map { page.firstRange(of: "<tr id=\"order-\($0)\">")?.lowerBound }
    let found = places.compactMap(\.self)
    #expect(found.count == 3 && found == found.sorted())
    #expect(page.contains("<strong>35.00 USD</strong>"))
    #expect(page.contains("price 10.00 + fee 25.00"))
    #expect(page.contains("name=\"order-\(orders[0])\" value=\"on\" data-key=\"1\""))
    _ = alpha.submit("/orders/\(orders[1])/approve")
    #expect(alpha.get("/").text.contains("<title>2 orders to decide · Alpha</title>"))
  }

  @Test func `entered text is shown and never run`() throws {
    _ = try captured("<script>alert('1')</script>")
    let page = alpha.get("/").text
    #expect(!page.contains("<script>"))
    #expect(page.contains("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;"))
  }

  @Test func `an order is approved from the page, once, and the next page confirms it`() throws {
    let id = try captured()
    #expect(alpha.get("/").text.contains("action=\"/orders/\(id)/approve\""))
    let answer = alpha.submit("/orders/\(id)/approve", fields: ["state": "charged"])
    let next = "/?state=charged&done=approved:\(id)"
    #expect((answer.code, answer.headers[.location]) == (303, next))
    #expect(answer.correlationID == "work-1")
    let page = alpha.get("/?done=approved:\(id)").text
    #expect(page.contains("id=\"done\">Approved: “widget” for 35.00 USD.</p>"))
    #expect(
      page.contains("data-news=\"Approved: “widget” for 35.00 USD.\nNo order to decide.\""),
      "two sentences: another order does not announce this approval again")
    #expect(alpha.submit("/orders/\(id)/approve").code == 303)
    #expect(alpha.submit("/orders/\(id)/reject", fields: ["reason": "x"]).code == 409)
    #expect(!alpha.get("/").text.contains("/approve\""))
    #expect(try alpha.published(OrderApproved.self).count == 1)
  }

  @Test func `an order is rejected from the page, with a reason`() throws {
    let id = try captured()
    let answer = alpha.submitInBrowser("/orders/\(id)/reject", fields: ["reason": " "])
    #expect(answer.code == 422)
    #expect(answer.text.contains("aria-describedby=\"error-\(id)\""))
    #expect(!answer.text.contains("id=\"refused\""))
    #expect(
      answer.text.contains("data-news=\"1 order to decide.\""),
      "the refusal is read with its field, which has the focus")
    let rejected = alpha.submit("/orders/\(id)/reject", fields: ["reason": "sold & gone"])
    #expect((rejected.code, rejected.headers[.location]) == (303, "/?done=rejected:\(id)"))
    let page = alpha.get("/?done=rejected:\(id)").text
    #expect(page.contains("Rejected: “widget” for 35.00 USD."))
    #expect(page.contains("sold &amp; gone"))
  }

  @Test func `a decision that was made otherwise meanwhile is shown on the page`() throws {
    let id = try captured()
    _ = alpha.post("/api/orders/\(id)/approve")
    let answer = alpha.submitInBrowser("/orders/\(id)/reject", fields: ["reason": "x"])
    #expect(answer.code == 409)
    #expect(answer.text.contains("<p class=\"notice bad done\" id=\"refused\">"))
    #expect(answer.text.contains("<strong>“widget” was approved before, and stays approved."))
  }

  // MARK: Several at once

  @Test func `the selected orders are approved in one transaction`() throws {
    let orders = try (1...3).map { try captured("thing \($0)") }
    let fields = Dictionary(uniqueKeysWithValues: orders.prefix(2).map { ("order-\($0)", "on") })
    let answer = alpha.submit("/orders/approve", fields: fields.merging(["reason": ""]) { $1 })
    let next = "/?done=approved:\(orders[0]),\(orders[1])"
    #expect((answer.code, answer.headers[.location]) == (303, next))
    #expect(alpha.get(next).text.contains("Approved: 2 orders, 70.00 USD in all."))
    #expect(alpha.get("/api/orders?state=captured").count("orders") == 1)
    let events = try alpha.published(OrderApproved.self)
    #expect(events.map(\.data.orderId) == Array(orders.prefix(2)))
    #expect(events.map(\.correlation.requestID) == ["request-1", "request-1"])
  }

  @Test func `an order that was decided meanwhile stops none of the others`() throws {
    let orders = try (1...3).map { try captured("thing \($0)") }
    _ = alpha.post("/api/orders/\(orders[1])/approve")
    let fields = Dictionary(uniqueKeysWithValues: orders.map { ("order-\($0)", "on") })
    let answer = alpha.submit("/orders/reject", fields: fields.merging(["reason": "gone"]) { $1 })
    let page = alpha.get(try #require(answer.headers[.location])).text
    #expect(
      page.contains(
        "Rejected: 2 orders, 70.00 USD in all. 1 order was approved before, and stays approved."))
    #expect(alpha.get("/api/orders?state=rejected").count("orders") == 2)
    #expect(alpha.get("/api/orders/\(orders[1])").string("state") == "approved")
  }

  @Test func `a form about several orders needs one, and a reason to reject`() throws {
    let id = try captured()
    let none = alpha.submitInBrowser("/orders/approve", fields: ["reason": "kept"])
    #expect(none.code == 422)
    #expect(none.text.contains("id=\"batch-error\">No order is selected."))
    #expect(none.text.contains("data-keep=\"refused\"") && !none.text.contains("id=\"refused\""))
    #expect(none.text.contains("data-key=\"r\" value=\"kept\""))
    let silent = alpha.submitInBrowser(
      "/orders/reject", fields: ["order-\(id)": "on", "reason": ""])
    #expect(silent.code == 422)
    #expect(silent.text.contains("data-key=\"1\" checked"))
    let many = (0...100).map { _ in ("order-\(alpha.clock.identifier())", "on") }
    let fields = Dictionary(uniqueKeysWithValues: many)
    let limited = alpha.submitInBrowser("/orders/approve", fields: fields)
    #expect(limited.text.contains("Select at most 100 at once."))
    #expect(alpha.get("/api/orders?state=captured").count("orders") == 1)
  }

  @Test func `a confirmation follows the orders, and not the address`() throws {
    let id = try captured()
    #expect(!alpha.get("/?done=approved:\(id)").text.contains("id=\"done\""))
    #expect(!alpha.get("/?done=approved:x,y").text.contains("id=\"done\""))
    #expect(!alpha.get("/?done=x").text.contains("id=\"done\""))
    _ = alpha.submit("/orders/\(id)/reject", fields: ["reason": "x"])
    let page = alpha.get("/?done=approved:\(id)").text
    #expect(page.contains(">1 order was rejected before, and stays rejected.</p>"))
  }

  // MARK: Filters

  @Test func `the decided orders are found by their outcome, on the page and in the API`() throws {
    let names = ["waiting", "flying", "paid", "refused", "unwanted"]
    let orders = try names.map { try captured("the \($0) one") }
    for id in orders[1...3] { _ = alpha.submit("/orders/\(id)/approve") }
    try charged(orders[2])
    try declined(orders[3])
    _ = alpha.submit("/orders/\(orders[4])/reject", fields: ["reason": "x"])
    let expected = [
      "": [1, 2, 3, 4], "captured": [0], "approved": [1], "charged": [2], "declined": [3],
      "rejected": [4], "finalized": [2, 3, 4],
    ]
    for (state, places) in expected {
      let page = alpha.get("/?state=\(state)").text
      let shown = orders.indices.filter { page.contains("<tr id=\"decided-\(orders[$0])\">") }
      #expect(shown == places, "\(state)")
      #expect(page.contains("?state=\(state)#decided\" aria-current=\"true\"") == !state.isEmpty)
      guard !state.isEmpty else { continue }
      #expect(alpha.get("/api/orders?state=\(state)").count("orders") == places.count, "\(state)")
    }
    #expect(alpha.get("/?state=lost").code == 422)
    #expect(alpha.get("/api/orders").count("orders") == 5)
  }

  @Test func `decided orders are the newest first, and older ones behind a link`() throws {
    let orders = try (1...3).map { try captured("thing \($0)") }
    for id in orders { _ = alpha.submit("/orders/\(id)/approve") }
    let page = alpha.get("/?state=approved&limit=1").text
    #expect(page.contains("thing 3") && !page.contains("thing 1"))
    let older = "/?state=approved&amp;before=\(orders[2])#decided"
    #expect(page.contains("href=\"\(older)\""))
    #expect(alpha.get("/?state=approved&before=\(orders[2])").text.contains("thing 1"))
    #expect(alpha.get("/?state=declined").text.contains("No order is declined."))
  }

  @Test func `the addresses of earlier versions lead to their subject`() {
    let page = alpha.get("/").text
    for name in ["orders", "settings", "history"] {
      #expect(page.contains("id=\"\(name)\""), "\(name)")
    }
    #expect(page.contains("Settings, version 1000: fee 25.00 USD, on; discount 10.00 USD, off."))
  }

  @Test func `decided orders are read from an index, however many wait`() throws {
    let page = PageRequest<Identifier>(before: alpha.clock.identifier())
    let plan = try alpha.journal.read { reader in
      try reader.rows(
        "EXPLAIN QUERY PLAN SELECT * FROM orders"
          + page.newestFirst(by: "id", where: Order.isDecided)
      ).map { try $0.value("detail", as: String.self) }
    }
    #expect(plan == ["SEARCH orders USING INDEX orders_decided (id<?)"])
  }
}
