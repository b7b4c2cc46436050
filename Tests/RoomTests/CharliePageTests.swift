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
    #expect(page().contains("<title>1 open charge · Charlie</title>"))
    #expect(page().contains("32.00 USD to collect"))
    try charlie.journal.write { try $0.settle(approved.orderId, with: .charged) }
    #expect(page().contains("<span class=\"state good\">charged</span>"))
    #expect(!page().contains("pending") && !page().contains("id=\"stuck\""))
    #expect(page().contains("<dd>32.00 USD</dd>") && page().contains("<dd>25.00 USD</dd>"))
    #expect(page().contains("data-news=\"widget for 32.00 USD: charged\""))
    let ledger = page("/ledger")
    for amount in ["32.00 USD", "10.00 USD", "25.00 USD", "3.00 USD", "35.00 USD"] {
      #expect(ledger.contains("<td class=\"number\">\(amount)</td>"), "\(amount)")
    }
    #expect(page("/fees").contains("matches its orders"))
    #expect(page("/pane").contains("charged") && page("/pane").contains("balanced"))
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
    #expect(fees.contains("a fee that is unknown."))
  }

  @Test func `orders with another fee than their settings are named`() throws {
    let wrong = charlie.clock.approved(fee: 2499)
    try charlie.receive(alpha.next(settings(1000)), alpha.next(wrong))
    #expect(page("/fees").contains("1 order carried another fee"))
    #expect(page("/fees").contains("Orders with another fee than their settings"))
    #expect(page("/fees").contains("fee of 24.99 USD"))
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
