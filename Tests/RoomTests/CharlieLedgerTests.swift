import Daemon
import Events
import Journal
import RoomTesting
import Runtime
import Schema
import Testing

@testable import Charlie

/// Parts of an approved order; nil for an absent one.
struct Parts: Sendable {
  var price: Int64?
  var fee: Int64?
  var discount: Int64?
  var total: Int64
}

@Suite(.timeLimit(.minutes(1))) struct `Charlie's ledger` {
  private let charlie: ServiceHarness
  private let alpha: SyntheticLog

  init() throws {
    charlie = try ServiceHarness(CharlieRoom.self)
    alpha = SyntheticLog("alpha", clock: charlie.clock)
  }

  private func charge(_ parts: Parts) throws -> Identifier {
    let order = charlie.clock.identifier()
    try charlie.receive(
      alpha.next(
        OrderApproved(
          orderId: order, cartId: nil, product: "widget", price: parts.price.map(usd),
          fee: parts.fee.map(usd), discount: parts.discount.map(usd), total: usd(parts.total),
          settingsVersion: 1000)))
    try charlie.journal.write { try $0.settle(order, with: .charged) }
    return order
  }

  private func postings(_ order: Identifier) -> [String: Int64] {
    let entry = charlie.get("/api/ledger/entries?order=\(order)")
    var postings: [String: Int64] = [:]
    for index in 0..<(entry.count("entries.0.postings") ?? 0) {
      let posting = "entries.0.postings.\(index)"
      postings[entry.string("\(posting).account") ?? ""] = entry.integer("\(posting).amount")
    }
    return postings
  }

  @Test(
    "a charge debits cash and discounts, credits sales and fees, and sums to zero",
    arguments: [
      (
        Parts(price: 1000, fee: 2500, discount: 300, total: 3200),
        ["cash": 3200, "discounts": 300, "sales": -1000, "fees": -2500]
      ),
      (Parts(price: 1000, fee: 0, discount: 0, total: 1000), ["cash": 1000, "sales": -1000]),
      (
        Parts(price: 0, fee: 2500, discount: 2500, total: 0),
        ["discounts": 2500, "fees": -2500]
      ),
      (Parts(price: 0, fee: 0, discount: 0, total: 0), [:]),
      (Parts(total: 3500), ["cash": 3500, "unallocated": -3500]),
      (Parts(price: 1000, fee: 2500, total: 3500), ["cash": 3500, "unallocated": -3500]),
      (
        Parts(price: 1000, fee: 2500, discount: 0, total: 3499),
        ["cash": 3499, "unallocated": -3499]
      ),
    ] as [(Parts, [String: Int64])])
  func doubleEntry(parts: Parts, expected: [String: Int64]) throws {
    let postings = postings(try charge(parts))
    #expect(postings == expected)
    #expect(postings.values.reduce(0, +) == 0)
    #expect(charlie.get("/api/ledger").value("balanced") == .bool(true))
  }

  @Test func `the trial balance sums every account, together to zero`() throws {
    _ = try charge(Parts(price: 1000, fee: 2500, discount: 300, total: 3200))
    _ = try charge(Parts(price: 500, fee: 2500, discount: 0, total: 3000))
    _ = try charge(Parts(total: 700))
    let balance = charlie.get("/api/ledger")
    let accounts = (0..<(balance.count("accounts") ?? 0)).map { index in
      let line = "accounts.\(index)"
      return (balance.string("\(line).account") ?? "", balance.integer("\(line).balance") ?? 0)
    }
    #expect(
      Dictionary(uniqueKeysWithValues: accounts) == [
        "cash": 6900, "discounts": 300, "sales": -1500, "fees": -5000, "unallocated": -700,
      ])
    #expect((balance.integer("total"), balance.value("balanced")) == (0, .bool(true)))
  }

  @Test func `an empty ledger is balanced`() {
    #expect(charlie.get("/api/ledger").value("balanced") == .bool(true))
    #expect(charlie.get("/api/ledger").count("accounts") == 0)
  }
}
