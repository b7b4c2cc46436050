import Daemon
import Events
import Journal
import RoomTesting
import Runtime
import Schema
import Testing

@testable import Charlie

@Suite(.timeLimit(.minutes(1))) struct `Charlie's charges` {
  private let charlie: ServiceHarness
  private let alpha: SyntheticLog

  init() throws {
    charlie = try ServiceHarness(CharlieRoom.self)
    alpha = SyntheticLog("alpha", clock: charlie.clock)
  }

  private func charge(_ order: Identifier) -> Response { charlie.get("/api/charges/\(order)") }

  private func settle(_ order: Identifier, _ answer: GatewayAnswer = .charged) throws {
    try charlie.journal.write { try $0.settle(order, with: answer) }
  }

  @Test func `an approved order is intended, and no event is published yet`() throws {
    let approved = charlie.clock.approved()
    try charlie.receive(alpha.next(approved))
    let charge = charge(approved.orderId)
    #expect(charge.string("state") == "intended")
    #expect((charge.integer("total.amount"), charge.integer("fee.amount")) == (3500, 2500))
    #expect(try charlie.published().isEmpty)
    #expect(charlie.get("/api/ledger/entries").count("entries") == 0)
  }

  @Test func `a charge is published once, as the work on the order that the approval caused`()
    throws
  {
    let approved = charlie.clock.approved()
    let record = try alpha.next(approved, request: "work-5")
    try charlie.receive(record)
    try settle(approved.orderId)
    try settle(approved.orderId, .declined(code: "late", reason: "late"))
    #expect(charge(approved.orderId).string("state") == "charged")
    let said = try #require(try charlie.published(OrderCharged.self).first)
    #expect((said.data.total, said.data.fee) == (usd(3500), usd(2500)))
    #expect(said.data.chargeId.description == charge(approved.orderId).string("id"))
    #expect(said.correlation.id == "work-5")
    #expect(said.correlation.causationID == (try OrderApproved.read(record).id))
    #expect(said.correlation.requestID == nil)
    #expect(try charlie.published() == ["order.charged v1"])
  }

  @Test func `a declined charge is published with its code and reason, and is not booked`() throws {
    let approved = charlie.clock.approved()
    try charlie.receive(alpha.next(approved))
    try settle(approved.orderId, .declined(code: "no-funds", reason: "There is no money."))
    let said = try #require(try charlie.published(OrderDeclined.self).first?.data)
    #expect((said.code, said.reason) == ("no-funds", "There is no money."))
    #expect(charge(approved.orderId).string("code") == "no-funds")
    #expect(charlie.get("/api/ledger/entries").count("entries") == 0)
  }

  @Test func `a repeated approval has the stored outcome published again`() throws {
    let approved = charlie.clock.approved()
    let record = try alpha.next(approved)
    try charlie.receive(record)
    try charlie.receiveAgain(record)
    #expect(try charlie.published().isEmpty, "a charge that is pending has no outcome to tell")
    try settle(approved.orderId)
    try charlie.receive(alpha.next(approved))
    let said = try charlie.published(OrderCharged.self).map(\.data)
    #expect(said.count == 2)
    #expect(said.first == said.last)
    #expect(charlie.get("/api/charges").count("charges") == 1)
    #expect(charlie.get("/api/ledger/entries").count("entries") == 1)
  }

  @Test func `a total of zero is charged without the gateway, and booked`() throws {
    let approved = charlie.clock.approved(price: 1000, fee: 2500, discount: 3500)
    try charlie.receive(alpha.next(approved))
    #expect(charge(approved.orderId).string("state") == "charged")
    #expect(try charlie.published() == ["order.charged v1"])
    let entry = charlie.get("/api/ledger/entries?order=\(approved.orderId)")
    #expect(entry.count("entries.0.postings") == 3)
    #expect(charlie.get("/api/ledger").value("balanced") == .bool(true))
  }

  @Test func `an approval of version 1 is charged, its fee unknown`() throws {
    let old = OrderApproved.V1(
      orderId: charlie.clock.identifier(), product: "widget", total: usd(3500))
    try charlie.receive(alpha.next(old, about: old.orderId.description))
    try settle(old.orderId)
    #expect(charge(old.orderId).value("fee") == nil)
    let said = try #require(try charlie.published(OrderCharged.self).first?.data)
    #expect((said.total, said.fee) == (usd(3500), nil))
  }

  @Test(
    "an approval whose money is impossible is a dead letter, and is not charged",
    arguments: [
      (usd(1), usd(0), usd(2), usd(-1)), (usd(Int64.min), usd(Int64.max), usd(-1), usd(0)),
      (usd(Int64.max), usd(0), usd(0), usd(Int64.max)),
      (usd(1000), Money(amount: 2500, currency: .eur), usd(0), usd(3500)),
    ])
  func impossible(price: Money, fee: Money, discount: Money, total: Money) throws {
    let approved = OrderApproved(
      orderId: charlie.clock.identifier(), cartId: nil, product: "widget", price: price, fee: fee,
      discount: discount, total: total, settingsVersion: 1000)
    try charlie.receive(alpha.next(approved))
    #expect(try charlie.deferred("dead") == 1)
    #expect(charge(approved.orderId).code == 404)
    #expect(charlie.get("/api/ledger/fees").code == 200)
  }

  @Test func `the largest total is charged`() throws {
    let approved = charlie.clock.approved(price: Money.limit, fee: Money.limit)
    try charlie.receive(alpha.next(approved))
    #expect(charge(approved.orderId).integer("total.amount") == 2 * Money.limit)
  }

  @Test func `a charge that the gateway did not answer is due again after a pause`() throws {
    let approved = charlie.clock.approved()
    try charlie.receive(alpha.next(approved))
    func due() throws -> Int {
      try charlie.journal.read { try $0.chargesDue(at: charlie.clock.now, limit: 9).count }
    }
    #expect(try due() == 1)
    try charlie.journal.write { try $0.retryLater(approved.orderId, random: 0) }
    #expect(try due() == 0)
    charlie.clock.advance(microseconds: 200_000)
    #expect(try due() == 1)
    #expect(charge(approved.orderId).integer("attempts") == 1)
  }

  @Test func `the charges that wait for their time are not read to find those that are due`() throws
  {
    let slow = try charlie.journal.slowSteps { reader in
      _ = try reader.chargesDue(at: charlie.clock.now, limit: 9)
      let searches = reader.steps.filter { $0.contains("charges") }
      #expect(searches.count == 2)
      for search in searches { #expect(search.contains("charges_due (state=? AND due_at")) }
    }
    #expect(slow.isEmpty)
  }

  @Test func `a clock that is set back leaves the pause as it is`() throws {
    let approved = charlie.clock.approved()
    try charlie.receive(alpha.next(approved))
    try charlie.journal.write {
      try $0.emit(
        OrderDeclined(
          orderId: approved.orderId, chargeId: approved.orderId, code: "", reason: ""),
        correlation: charlie.clock.request("any"))
    }
    charlie.clock.setBack(microseconds: 3_600_000_000)
    func due() throws -> Int {
      try charlie.journal.read { try $0.chargesDue(at: charlie.clock.now, limit: 9).count }
    }
    try charlie.journal.write { try $0.retryLater(approved.orderId, random: 0) }
    #expect(try due() == 0, "it would be asked for ever without a pause")
    charlie.clock.advance(microseconds: 200_000)
    #expect(try due() == 1)
  }

  @Test func `charges are listed newest first, and an unknown one is not found`() throws {
    let orders = (1...3).map { _ in charlie.clock.approved() }
    for order in orders { try charlie.receive(alpha.next(order)) }
    let first = charlie.get("/api/charges?limit=2")
    #expect(first.string("charges.0.orderId") == orders[2].orderId.description)
    let next = try #require(first.string("next"))
    #expect(charlie.get("/api/charges?before=\(next)").count("charges") == 1)
    #expect(charge(charlie.clock.identifier()).code == 404)
    #expect(charlie.get("/api/ledger/entries?order=x").code == 422)
  }

  @Test func `Charlie's copy of the settings is refused until there is one`() throws {
    #expect(charlie.get("/api/settings").code == 503)
    try charlie.receive(alpha.next(settings(1001)), alpha.next(settings(1000)))
    #expect(charlie.get("/api/settings").integer("version") == 1001)
  }
}
