// The fee report: for each version of the settings what its orders carried, and what became of it.
// Each row adds up from left to right, and each column from top to bottom.

import Daemon
import Schema

/// How many orders of a kind the page names.
private let orderLimit = 50

/// The page of the fee report.
func feePage(_ request: Request, in snapshot: Snapshot) throws -> WebPage {
  let shown = try request.page(by: Int64.self)
  let lines = try snapshot.feeLines(shown)
  let versions = try snapshot.feeLineCount()
  let others = try otherFees(of: lines.items, in: snapshot)
  let unknownCount = try snapshot.chargesOfUnknownFee()
  let unknown =
    unknownCount == 0
    ? [] : try snapshot.ordersOfUnknownFee(limit: orderLimit).map { NamedOrder($0, of: nil) }
  let isContinued = shown.before != nil
  var values: [String: Any] = [
    "fees": try lines.items.map(FeeRow.init), "hasFees": !lines.items.isEmpty,
    "versions": versions, "isPart": lines.items.count < versions,
    "isContinued": isContinued, "sums": try snapshot.feeSums(),
    "mismatches": others, "hasMismatches": !others.isEmpty,
    "isMismatchesCut": others.count < lines.items.reduce(0) { $0 + $1.mismatches },
    "unknown": unknown, "hasUnknown": !unknown.isEmpty,
    "isUnknownCut": unknown.count < unknownCount, "orderLimit": orderLimit,
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
