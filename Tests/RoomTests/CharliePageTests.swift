import Daemon
import Events
import Journal
import RoomTesting
import Schema
import Testing

@testable import Charlie

@Suite(.timeLimit(.minutes(1))) struct `Charlie's page` {
  private let charlie: ServiceHarness
  private let alpha: SyntheticLog

  init() throws {
    charlie = try ServiceHarness(CharlieRoom.self)
    alpha = SyntheticLog("alpha", clock: charlie.clock)
  }

  private var page: String { charlie.get("/").text }

  @Test func `an empty page states that nothing is known`() {
    #expect(page.contains("No charges."))
    #expect(page.contains("Nothing is booked."))
    #expect(page.contains("No settings and no orders are known yet."))
    #expect(page.contains("The ledger is balanced"))
    #expect(!page.contains("0.00"))
  }

  @Test func `a charge is pending with its attempts, then charged and booked`() throws {
    let approved = charlie.clock.approved(price: 1000, fee: 2500, discount: 300)
    try charlie.receive(alpha.next(settings(1000)), alpha.next(approved))
    try charlie.journal.write { try $0.retryLater(approved.orderId, random: 0) }
    #expect(page.contains("pending, asked in vain 1 time<"))
    try charlie.journal.write { try $0.settle(approved.orderId, with: .charged) }
    #expect(page.contains("<td>charged</td>"))
    #expect(!page.contains("pending"))
    for amount in ["32.00 USD", "10.00 USD", "25.00 USD", "3.00 USD"] {
      #expect(page.contains("<td class=\"number\">\(amount)</td>"), "\(amount)")
    }
    #expect(page.contains("<td>matched</td>"))
  }

  @Test func `a declined charge shows its reason`() throws {
    let approved = charlie.clock.approved()
    try charlie.receive(alpha.next(approved))
    try charlie.journal.write {
      try $0.settle(approved.orderId, with: .declined(code: "a<b", reason: "no & no"))
    }
    #expect(page.contains("declined (a&lt;b): no &amp; no"))
  }

  @Test func `pending and unknown values are shown in words, and never as zero`() throws {
    let old = OrderApproved.V1(
      orderId: charlie.clock.identifier(), product: "widget", total: usd(3500))
    try charlie.receive(
      alpha.next(old, about: old.orderId.description),
      alpha.next(charlie.clock.approved(fee: 2500, version: 1009)))
    #expect(page.contains("pending: Charlie has not received this version yet"))
    #expect(page.contains("Orders whose fee or settings are unknown"))
    #expect(page.contains("<td class=\"number\">unknown</td>"))
    #expect(page.contains("a fee that is\nunknown."))
  }

  @Test func `orders with another fee than their settings are named`() throws {
    let wrong = charlie.clock.approved(fee: 2499)
    try charlie.receive(alpha.next(settings(1000)), alpha.next(wrong))
    #expect(page.contains("mismatched: 1 of the orders carried another fee"))
    #expect(page.contains("Orders with another fee than their settings"))
    #expect(page.contains("fee of 24.99 USD"))
  }

  @Test func `entered text is shown and never run`() throws {
    try charlie.receive(alpha.next(charlie.clock.approved(product: "<script>1</script>")))
    #expect(!page.contains("<script>"))
    #expect(page.contains("&lt;script&gt;1&lt;/script&gt;"))
  }

  @Test func `older charges are behind a link`() throws {
    let orders = (1...2).map { charlie.clock.approved(product: "thing \($0)") }
    for order in orders { try charlie.receive(alpha.next(order)) }
    let first = charlie.get("/?limit=1").text
    #expect(first.contains("href=\"/?before=\(orders[1].orderId)#charges\""))
    #expect(charlie.get("/?before=\(orders[1].orderId)").text.contains("thing 1"))
  }
}
