// The fee report: for each version of the settings what its orders carried, and what became of it.
// Each row adds up from left to right, and each column from top to bottom.

import Daemon
import Schema

/// The page of the fee report.
func feePage(_ snapshot: Snapshot) throws -> WebPage {
  let report = try snapshot.feeReport()
  let mismatches = report.fees.flatMap { line in
    line.mismatches.map { OtherFee(version: line.settingsVersion, order: $0) }
  }
  let unknown = report.unknown.map(UnknownFee.init)
  var page = try WebPage(
    "fees", title: "Fees",
    values: [
      "fees": try report.fees.map(FeeRow.init), "hasFees": !report.fees.isEmpty,
      "sums": try FeeSum.all(of: report), "mismatches": mismatches,
      "hasMismatches": !mismatches.isEmpty, "unknown": unknown, "hasUnknown": !unknown.isEmpty,
    ], in: snapshot)
  page.path = "/fees"
  page.reloads = true
  return page
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
    let others = line.mismatches.count
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

private struct OtherFee {
  let version: Int64
  let order: ShownIdentifier
  let fee: String
  let total: Money

  init(version: Int64, order: FeeReport.Order) {
    self.version = version
    self.order = ShownIdentifier(order.orderId)
    fee = order.fee?.formatted ?? "unknown"
    total = order.total
  }
}

private struct UnknownFee {
  let order: ShownIdentifier
  let total: Money
  let fee: String

  init(_ order: FeeReport.Order) {
    self.order = ShownIdentifier(order.orderId)
    total = order.total
    fee = order.fee?.formatted ?? "unknown"
  }
}
