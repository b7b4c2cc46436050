import Daemon
import Events
import Journal
import RoomTesting
import Schema
import Testing

@testable import Charlie

@Suite(.timeLimit(.minutes(1))) struct `Charlie's pages` {
  private let charlie: ServiceHarness
  private let alpha: SyntheticLog

  init() throws {
    charlie = try ServiceHarness(CharlieRoom.self)
    alpha = SyntheticLog("alpha", clock: charlie.clock)
  }

  private func page(_ path: String = "/") -> String { charlie.get(path).text }

  @Test func `empty pages state that nothing is known`() {
    #expect(page().contains("No charges yet."))
    #expect(page("/ledger").contains("Nothing is booked yet."))
    #expect(page("/ledger").contains("The ledger is balanced"))
    #expect(page("/fees").contains("No settings and no orders are known yet."))
    for path in ["/", "/ledger", "/fees", "/pane"] { #expect(!page(path).contains("0.00")) }
  }

  @Test func `a stuck charge comes first with its attempts, then it is charged and booked`() throws
  {
    let approved = charlie.clock.approved(price: 1000, fee: 2500, discount: 300)
    try charlie.receive(alpha.next(settings(1000)), alpha.next(approved))
    #expect(!page().contains("id=\"stuck\""))
    try charlie.journal.write { try $0.retryLater(approved.orderId, random: 0) }
    #expect(page().contains("id=\"stuck\""))
    #expect(page().contains("1 attempt failed"))
    #expect(page().contains("data-label=\"Next try\"><time class=\"due\" datetime=\""))
    #expect(page().contains("<title>1 open charge · Charlie</title>"))
    #expect(page().contains("32.00 USD to collect"))
    try charlie.journal.write { try $0.settle(approved.orderId, with: .charged) }
    #expect(page().contains("<span class=\"state good\">charged</span>"))
    #expect(!page().contains("pending") && !page().contains("id=\"stuck\""))
    #expect(page().contains("<dd>32.00 USD</dd>") && page().contains("<dd>25.00 USD</dd>"))
    let order = "…\("\(approved.orderId)".suffix(8))"
    #expect(page().contains("data-news=\"widget for 32.00 USD, order \(order): charged.\""))
    #expect(
      page("/ledger").contains(
        """
        data-news="The ledger is balanced.
        The newest entry: widget, 32.00 USD, order \(order)."
        """))
    let ledger = page("/ledger")
    for amount in ["32.00", "10.00", "25.00", "3.00", "35.00"] {
      #expect(ledger.contains(">\(amount)</td>"), "\(amount)")
    }
    #expect(
      ledger.contains(
        "data-label=\"Debit\">32.00</td><td class=\"number\"></td></tr>"), "cash has no credit")
    #expect(page("/fees").contains("matches its orders"))
    #expect(page("/pane").contains("charged") && page("/pane").contains("balanced"))
  }

  @Test func `of many stuck charges the first ones are listed, and all are counted`() throws {
    for number in 1...21 {
      let order = charlie.clock.approved(product: "thing \(number)")
      try charlie.receive(alpha.next(order))
      try charlie.journal.write { try $0.retryLater(order.orderId, random: 0) }
    }
    #expect(page().matches(of: /<tr id="stuck-/).count == 20)
    #expect(page().contains("waited longest first: 20 of 21</caption>"))
  }

  @Test func `the stuck charges and the versions of a fee page are read by an index`() throws {
    let slow = try charlie.journal.slowSteps {
      _ = try $0.stuckCharges(limit: 20)
      _ = try $0.stuckChargeCount()
      _ = try $0.feeLines(PageRequest(before: 1009))
    }
    #expect(slow == [])
  }

  @Test func `the charge that was settled last is announced, whichever order is newer`() throws {
    let orders = (1...2).map { charlie.clock.approved(product: "thing \($0)") }
    for order in orders { try charlie.receive(alpha.next(order)) }
    for order in orders.reversed() {
      charlie.clock.advance(microseconds: 1_000_000)
      try charlie.journal.write { try $0.settle(order.orderId, with: .charged) }
    }
    let last = "…\("\(orders[0].orderId)".suffix(8))"
    #expect(page().contains("data-news=\"thing 1 for 35.00 USD, order \(last): charged.\""))
  }

  @Test func `the ledger's file has each posting, and the entries of orders that cost nothing`()
    throws
  {
    let orders = [
      charlie.clock.approved(fee: 2500, discount: 300),
      charlie.clock.approved(price: 0, fee: 0), charlie.clock.approved(price: 1, fee: 0),
    ]
    for order in orders {
      try charlie.receive(alpha.next(order))
      try charlie.journal.write { try $0.settle(order.orderId, with: .charged) }
    }
    let lines = page("/ledger.csv").split(separator: "\r\n").dropFirst()
      .map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    #expect(
      lines.map { $0.suffix(4).joined(separator: " ") } == [
        "cash USD 0.01 ", "sales USD  0.01", "cash USD 32.00 ", "discounts USD 3.00 ",
        "sales USD  10.00", "fees USD  25.00",
      ])
    #expect(lines.map { $0[1] }.last == orders[0].orderId.description[...])
    #expect(charlie.get("/api/ledger/entries").count("entries") == 3)
    #expect(charlie.get("/api/ledger/entries?limit=1").count("entries") == 1)
    #expect(page("/ledger").matches(of: /<details/).count == 3)
  }

  @Test func `the fee report is continued from version to version, with the sums of all`() throws {
    for version in Int64(1000)...1002 {
      try charlie.receive(
        alpha.next(settings(version)), alpha.next(charlie.clock.approved(version: version)))
    }
    let first = page("/fees?limit=2")
    #expect(first.contains("id=\"fee-1002\"") && first.contains("id=\"fee-1001\""))
    #expect(!first.contains("id=\"fee-1000\""))
    #expect(first.contains("a part of 3 versions"))
    #expect(first.contains("href=\"/fees?before=1001\""))
    let rest = page("/fees?before=1001")
    #expect(rest.contains("id=\"fee-1000\"") && !rest.contains("id=\"fee-1001\""))
    for part in [first, rest] {
      #expect(part.contains("data-label=\"Carried\">75.00 USD</td>"))
    }
    #expect(page("/fees.csv").split(separator: "\r\n").count == 4)
  }

  @Test func `a page names fifty orders of another fee, and the API all of them`() throws {
    try charlie.receive(alpha.next(settings(1000)))
    for _ in 0..<51 { try charlie.receive(alpha.next(charlie.clock.approved(fee: 1))) }
    let fees = page("/fees")
    #expect(fees.matches(of: /<tr id="other-/).count == 50)
    #expect(fees.contains("50 of them") && fees.contains("51 orders carried another fee"))
    #expect(charlie.get("/api/ledger/fees").count("fees.0.mismatches") == 51)
  }

  @Test func `a declined charge shows its reason`() throws {
    let approved = charlie.clock.approved()
    try charlie.receive(alpha.next(approved))
    try charlie.journal.write {
      try $0.settle(approved.orderId, with: .declined(code: "a<b", reason: "no & no"))
    }
    #expect(page().contains("a&lt;b: no &amp; no"))
    #expect(page().contains("<small>1 declined</small>"))
  }

  @Test func `pending and unknown values are shown in words, and never as zero`() throws {
    let old = OrderApproved.V1(
      orderId: charlie.clock.identifier(), product: "widget", total: usd(3500))
    try charlie.receive(
      alpha.next(old, about: old.orderId.description),
      alpha.next(charlie.clock.approved(fee: 2500, version: 1009)))
    let fees = page("/fees")
    #expect(fees.contains("pending: not received yet"))
    #expect(fees.contains("data-label=\"Fee of each\">unknown</td>"))
    #expect(fees.contains("Orders whose fee or settings are unknown"))
    #expect(fees.contains("data-label=\"Its fee\">unknown</td>"))
  }

  @Test func `orders with another fee than their settings are named`() throws {
    let wrong = charlie.clock.approved(fee: 2499)
    try charlie.receive(alpha.next(settings(1000)), alpha.next(wrong))
    #expect(page("/fees").contains("1 order carried another fee"))
    #expect(page("/fees").contains("Orders with another fee than their settings"))
    #expect(page("/fees").contains("data-label=\"Its fee\">24.99 USD</td>"))
  }

  @Test func `the columns of the fee report add up`() throws {
    let orders = (1...3).map { _ in charlie.clock.approved(fee: 2500) }
    let later = charlie.clock.approved(fee: 100, version: 1001)
    try charlie.receive(alpha.next(settings(1000)), alpha.next(settings(1001, fee: 100)))
    for order in orders + [later] { try charlie.receive(alpha.next(order)) }
    try charlie.journal.write {
      try $0.settle(orders[0].orderId, with: .charged)
      try $0.settle(orders[1].orderId, with: .declined(code: "x", reason: "x"))
    }
    let lines = page("/fees.csv").split(separator: "\r\n").map { $0.split(separator: ",") }
    #expect(
      lines.dropFirst().map { $0.suffix(5).joined(separator: " ") } == [
        "1 1.00 0.00 0.00 1.00", "3 75.00 25.00 25.00 25.00",
      ])
    let sums = try #require(page("/fees").split(separator: "<tfoot>").last)
    for (label, sum) in [
      ("Orders", "4"), ("Carried", "76.00 USD"), ("Charged", "25.00 USD"),
      ("Declined", "25.00 USD"), ("Open", "26.00 USD"),
    ] { #expect(sums.contains("data-label=\"\(label)\">\(sum)</td>"), "\(label)") }
  }

  @Test func `orders whose fee is unknown have a line of their own, so that columns add up`() throws
  {
    let old = OrderApproved.V1(
      orderId: charlie.clock.identifier(), product: "widget", total: usd(3500))
    let known = charlie.clock.approved(fee: 2500)
    try charlie.receive(
      alpha.next(settings(1000)), alpha.next(known),
      alpha.next(old, about: old.orderId.description))
    let file = page("/fees.csv").split(separator: "\r\n")
    #expect(file.last == "unknown,unknown,USD,unknown,1,unknown,0.00,0.00,unknown")
    let fees = page("/fees")
    let line = try #require(fees.split(separator: "id=\"fee-unknown-USD\"").last)
      .split(separator: "</tr>")[0]
    #expect(line.contains("data-label=\"Orders\">1</td>"))
    #expect(line.contains("data-label=\"Carried\">unknown</td>"))
    #expect(line.contains("data-label=\"Charged\">0.00 USD</td>"))
    #expect(line.contains("<a href=\"#unknown\">") && fees.contains("<section id=\"unknown\""))
    let sums = try #require(fees.split(separator: "<tfoot>").last)
    #expect(sums.contains("data-label=\"Orders\">2</td>"))
    #expect(sums.contains("data-label=\"Carried\">25.00 USD + unknown</td>"))
    #expect(sums.contains("data-label=\"Charged\">0.00 USD</td>"))
    #expect(fees.contains("data-news=\"Fees in USD: carried 25.00 USD + unknown, charged 0.00 USD"))
  }

  @Test func `a page shows large amounts in groups, and a file has plain digits`() throws {
    let order = charlie.clock.approved(price: 123_456_789, fee: 250_000)
    try charlie.receive(alpha.next(settings(1000, fee: 250_000)), alpha.next(order))
    try charlie.journal.write { try $0.settle(order.orderId, with: .charged) }
    for path in ["/", "/ledger", "/fees", "/pane"] {
      let page = page(path)
      #expect(page.contains("2\u{202f}500.00"), "\(path)")
      #expect(!page.contains("2500.00") && !page.contains("1234567"), "\(path)")
    }
    #expect(page().contains("1\u{202f}237\u{202f}067.89 USD</td>"))
    #expect(page("/charges.csv").contains(",1237067.89,1234567.89,2500.00,"))
    #expect(page("/ledger.csv").contains(",1237067.89,"))
    #expect(page("/fees.csv").contains(",2500.00,"))
    #expect(charlie.get("/api/charges").integer("charges.0.total.amount") == 123_706_789)
  }

  @Test func `the pane has the newest charges, and counts the others`() throws {
    for number in 1...3 {
      try charlie.receive(alpha.next(charlie.clock.approved(product: "thing \(number)")))
    }
    #expect(page("/pane").contains("<a class=\"low\" href=\"/\" target=\"_blank\">and 1 more</a>"))
    #expect(!page("/pane").contains("class=\"high\""))
    try charlie.receive(alpha.next(charlie.clock.approved(product: "thing 4")))
    let pane = page("/pane")
    #expect(pane.matches(of: /<tr id="charge-/).count == 3)
    #expect(pane.contains("✓ ledger balanced"))
    #expect(pane.contains("<a class=\"high\" href=\"/\" target=\"_blank\">and 1 more</a>"))
  }

  @Test func `entered text is shown and never run, and no formula of a spreadsheet`() throws {
    let products = ["<script>1</script>", "=1+1", " \n@SUM(1)", "a \"b\", c", "-2"]
    for product in products {
      try charlie.receive(alpha.next(charlie.clock.approved(product: product)))
    }
    #expect(page().contains("<bdi>&lt;script&gt;1&lt;/script&gt;</bdi>"))
    let file = charlie.get("/charges.csv")
    #expect(file.headers[.contentType] == "text/csv; charset=utf-8; header=present")
    for cell in [
      ",<script>1</script>,", ",'=1+1,", ",\"a \"\"b\"\", c\",", ",'-2,", "\"' \n@SUM(1)\"",
    ] {
      #expect(file.text.contains(cell), "\(cell)")
    }
  }

  @Test func `older charges are behind a link`() throws {
    let orders = (1...2).map { charlie.clock.approved(product: "thing \($0)") }
    for order in orders { try charlie.receive(alpha.next(order)) }
    #expect(page("/?limit=1").contains("href=\"/?before=\(orders[1].orderId)\""))
    #expect(page("/?before=\(orders[1].orderId)").contains("thing 1"))
  }

  @Test func `the kept totals are checked, and a wrong one is found`() throws {
    let approved = charlie.clock.approved(price: 1000, fee: 2500, discount: 300)
    try charlie.receive(alpha.next(settings(1000)), alpha.next(approved))
    try charlie.journal.write { try $0.settle(approved.orderId, with: .charged) }
    #expect(try charlie.journal.read { try totalsCheck.findings($0) } == [])
    try charlie.journal.write {
      try $0.run("UPDATE balances SET debit = debit + 1 WHERE account = 'cash'")
      try $0.run("UPDATE charge_totals SET charges = charges + 1")
    }
    #expect(try charlie.journal.read { try totalsCheck.findings($0) }.count == 2)
  }
}
