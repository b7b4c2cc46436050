import Daemon
import Events
import Journal
import RoomTesting
import Runtime
import Schema
import Testing

@testable import Charlie

@Suite(.timeLimit(.minutes(1))) struct `Charlie's fee report` {
  private let charlie: ServiceHarness
  private let alpha: SyntheticLog

  init() throws {
    charlie = try ServiceHarness(CharlieRoom.self)
    alpha = SyntheticLog("alpha", clock: charlie.clock)
  }

  private var report: Response { charlie.get("/api/ledger/fees") }

  private func settle(_ order: Identifier, _ answer: GatewayAnswer) throws {
    try charlie.journal.write { try $0.settle(order, with: answer) }
  }

  @Test func `before anything is known the report is empty`() {
    #expect((report.count("fees"), report.count("unknown")) == (0, 0))
  }

  @Test func `an order of settings that are not received yet is pending, without a guessed fee`()
    throws
  {
    try charlie.receive(alpha.next(charlie.clock.approved(fee: 2500, version: 1007)))
    #expect(report.integer("fees.0.settingsVersion") == 1007)
    #expect(report.string("fees.0.state") == "pending")
    #expect(report.value("fees.0.fee") == nil)
    #expect(report.integer("fees.0.carried.amount") == 2500)
    try charlie.receive(alpha.next(settings(1007, fee: 2500)))
    #expect(report.string("fees.0.state") == "matched")
    #expect(report.integer("fees.0.fee.amount") == 2500)
  }

  @Test func `of several settings the highest version is in force, whichever came last`() throws {
    for version in [1002, 1000, 1001] as [Int64] {
      try charlie.receive(alpha.next(settings(version)))
    }
    #expect(charlie.get("/api/settings").integer("version") == 1002)
  }

  @Test func `the fees of orders and the collected fees are separate`() throws {
    let orders = (1...3).map { _ in charlie.clock.approved() }
    try charlie.receive(alpha.next(settings(1000)))
    for order in orders { try charlie.receive(alpha.next(order)) }
    try settle(orders[0].orderId, .charged)
    try settle(orders[1].orderId, .declined(code: "x", reason: "x"))
    #expect(report.integer("fees.0.orders") == 3)
    #expect(report.integer("fees.0.carried.amount") == 7500)
    #expect(report.integer("fees.0.collected.amount") == 2500)
    #expect(report.integer("fees.0.outstanding.amount") == 2500)
  }

  @Test func `an order whose fee is not that of its settings is named`() throws {
    let right = charlie.clock.approved()
    let wrong = charlie.clock.approved(fee: 2499)
    try charlie.receive(alpha.next(settings(1000)), alpha.next(right), alpha.next(wrong))
    #expect(report.string("fees.0.state") == "mismatched")
    #expect(report.count("fees.0.mismatches") == 1)
    #expect(report.string("fees.0.mismatches.0.orderId") == wrong.orderId.description)
  }

  @Test func `a fee that was off is zero, and known`() throws {
    try charlie.receive(
      alpha.next(settings(1000, fee: 0)), alpha.next(charlie.clock.approved(fee: 0)))
    #expect(report.string("fees.0.state") == "matched")
    #expect(report.integer("fees.0.fee.amount") == 0)
  }

  @Test func `an order without its fee or its settings is unknown`() throws {
    let old = OrderApproved.V1(
      orderId: charlie.clock.identifier(), product: "widget", total: usd(3500))
    try charlie.receive(
      alpha.next(settings(1000)), alpha.next(old, about: old.orderId.description))
    #expect(report.string("unknown.0.orderId") == old.orderId.description)
    #expect(report.value("unknown.0.fee") == nil)
    #expect(report.integer("fees.0.orders") == 0)
    #expect(report.string("fees.0.state") == "matched")
  }

  @Test func `an order in another currency than its settings is named, breaking nothing`() throws {
    func euro(_ amount: Int64) -> Money { Money(amount: amount, currency: .eur) }
    let strange = OrderApproved(
      orderId: charlie.clock.identifier(), cartId: nil, product: "widget", price: euro(1000),
      fee: euro(2500), discount: euro(0), total: euro(3500), settingsVersion: 1000)
    try charlie.receive(
      alpha.next(settings(1000)), alpha.next(charlie.clock.approved()), alpha.next(strange))
    #expect(report.code == 200)
    #expect(report.string("fees.0.state") == "mismatched")
    #expect(report.string("fees.0.mismatches.0.orderId") == strange.orderId.description)
    #expect(report.integer("fees.0.carried.amount") == 2500)
    #expect(report.integer("fees.0.orders") == 2)
  }

  @Test(
    "settings and orders come in any order, and the report is the same in the end",
    arguments: permutations(of: [0, 1, 2, 3]))
  func anyOrder(order: [Int]) throws {
    let right = charlie.clock.approved()
    let wrong = charlie.clock.approved(version: 1001)
    for step in order {
      switch step {
      case 0: try charlie.receive(alpha.next(settings(1000)))
      case 1: try charlie.receive(alpha.next(settings(1001, fee: 3000)))
      case 2: try charlie.receive(alpha.next(right))
      default: try charlie.receive(alpha.next(wrong))
      }
      #expect(report.string("fees.0.state") != nil)
      if !order.prefix(through: order.firstIndex(of: step) ?? 0).contains(0) {
        #expect(report.string("fees.1.state") != "matched", "1000 was not heard of yet")
      }
    }
    #expect(report.integer("fees.0.settingsVersion") == 1001)
    #expect(report.string("fees.0.state") == "mismatched")
    #expect(report.string("fees.0.mismatches.0.orderId") == wrong.orderId.description)
    #expect(report.string("fees.1.state") == "matched")
  }
}

private func permutations(of items: [Int]) -> [[Int]] {
  guard !items.isEmpty else { return [[]] }
  return items.flatMap { first in
    permutations(of: items.filter { $0 != first }).map { [first] + $0 }
  }
}
