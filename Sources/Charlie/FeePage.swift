// The fee report: for each version of the settings what its orders carried, and what became of it.
// Each row adds up from left to right, and each column from top to bottom.

import Daemon
import Schema

/// How many orders of a kind the page names.
private let orderLimit = 50

/// The page of the fee report.
func feePage(_ request: Request, in snapshot: Snapshot) throws -> WebPage {
  let report = try snapshot.feeReport()
  let shown = try request.page(by: Int64.self)
  let lines = shown.cut(
    report.fees.filter { line in shown.before.map { line.settingsVersion < $0 } ?? true },
    by: \.settingsVersion)
  let others = try otherFees(of: lines.items, in: snapshot)
  let unknown =
    report.unknown == 0
    ? [] : try snapshot.ordersOfUnknownFee(limit: orderLimit).map { NamedOrder($0, of: nil) }
  let isContinued = shown.before != nil
  var values: [String: Any] = [
    "fees": try lines.items.map(FeeRow.init), "hasFees": !lines.items.isEmpty,
    "versions": report.fees.count, "isPart": lines.items.count < report.fees.count,
    "isContinued": isContinued, "sums": try FeeSum.all(of: report),
    "mismatches": others, "hasMismatches": !others.isEmpty,
    "isMismatchesCut": others.count < lines.items.reduce(0) { $0 + $1.mismatches },
    "unknown": unknown, "hasUnknown": !unknown.isEmpty,
    "isUnknownCut": unknown.count < report.unknown, "orderLimit": orderLimit,
  ]
  values["next"] = lines.next
  var page = try WebPage("fees", title: "Fees", values: values, in: snapshot)
  page.path = "/fees"
  page.reloads = true
  return page
}

/// The orders that carried another fee than their settings, up to the limit.
private func otherFees(of lines: [FeeReport.Line], in reader: some Reader) throws -> [NamedOrder] {
  var orders: [NamedOrder] = []
  for line in lines where orders.count < orderLimit {
    orders += try reader.mismatches(line, limit: orderLimit - orders.count)
      .map { NamedOrder($0, of: line.settingsVersion) }
  }
  return orders
}

private struct FeeRow {
  let version: Int64
  let state: String
  let tone: String
  /// The fee of the version; nil while the version is not received.
  let fee: Money?
  let orders: Int
  let carried: Money
  let charged: Money
  let declined: Money
  let open: Money

  init(_ line: FeeReport.Line) throws {
    version = line.settingsVersion
    fee = line.fee
    orders = line.orders
    carried = try line.carried()
    charged = line.charged.fees
    declined = line.declined.fees
    open = line.open.fees
    let others = line.mismatches
    (state, tone) =
      switch line.state {
      case .matched: ("matches its orders", "good")
      case .mismatched:
        ("\(others == 1 ? "1 order" : "\(others) orders") carried another fee", "bad")
      case .pending: ("pending: not received yet", "wait")
      }
  }
}

/// The sums of the columns in one currency.
private struct FeeSum {
  let currency: String
  let orders: Int
  let carried: Money
  let charged: Money
  let declined: Money
  let open: Money

  static func all(of report: FeeReport) throws -> [FeeSum] {
    try Dictionary(grouping: report.fees, by: \.charged.fees.currency)
      .sorted { $0.key.code < $1.key.code }.map { try FeeSum($1, in: $0) }
  }

  private init(_ lines: [FeeReport.Line], in currency: Currency) throws {
    func sum(_ part: (FeeReport.Line) throws -> Money) throws -> Money {
      try lines.reduce(.zero(currency)) { try $0.adding(try part($1)) }
    }
    self.currency = currency.code
    orders = lines.reduce(0) { $0 + $1.orders }
    carried = try sum { try $0.carried() }
    charged = try sum(\.charged.fees)
    declined = try sum(\.declined.fees)
    open = try sum(\.open.fees)
  }
}

/// An order that is named below the report.
private struct NamedOrder {
  let order: ShownIdentifier
  /// Nil where it is unknown.
  let version: Int64?
  let fee: String
  let total: Money

  init(_ order: FeeReport.Order, of version: Int64?) {
    self.order = ShownIdentifier(order.orderId)
    self.version = version
    fee = order.fee?.formatted ?? "unknown"
    total = order.total
  }
}
