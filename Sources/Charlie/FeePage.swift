// The fee report: for each version of the settings what its orders carried, and what became of it.
// Each row adds up from left to right, and each column from top to bottom: the orders whose fee or
// version is unknown have a row too.

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
  let sums = try snapshot.feeSums()
  let unknownCount = sums.reduce(0) { $0 + $1.unknownOrders }
  let unknown =
    unknownCount == 0
    ? [] : try snapshot.ordersOfUnknownFee(limit: orderLimit).map { NamedOrder($0, of: nil) }
  let isContinued = shown.before != nil
  var values: [String: Any] = [
    "fees": try lines.items.map(FeeRow.init), "hasFees": !sums.isEmpty,
    "versions": versions.shown, "isPart": lines.items.count < versions,
    "isContinued": isContinued, "unknownFees": try sums.compactMap(UnknownRow.init),
    "sums": try sums.map(SumRow.init),
    "mismatches": others, "hasMismatches": !others.isEmpty,
    "isMismatchesCut": others.count < lines.items.reduce(0) { $0 + $1.mismatches },
    "unknown": unknown, "hasUnknown": !unknown.isEmpty,
    "isUnknownCut": unknown.count < unknownCount, "orderLimit": orderLimit,
  ]
  values["next"] = lines.next
  var page = try WebPage("fees", title: "Fees", values: values, in: snapshot)
  page.path = "/fees"
  page.news = try sums.map { try SumRow($0).news }.joined(separator: " ")
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
  let fee: String
  let cells: FeeCells

  init(_ line: FeeReport.Line) throws {
    version = line.settingsVersion
    fee = line.fee?.shown ?? "unknown"
    cells = try FeeCells(
      known: [.charged: line.charged, .declined: line.declined, .intended: line.open],
      in: line.charged.fees.currency)
    let others = line.mismatches
    (state, tone) =
      switch line.state {
      case .matched: ("matches its orders", "good")
      case .mismatched:
        ("\(others == 1 ? "1 order" : "\(others.shown) orders") carried another fee", "bad")
      case .pending: ("pending: not received yet", "wait")
      }
  }
}

/// The orders of one currency that are in no version's row.
private struct UnknownRow {
  let currency: String
  let cells: FeeCells

  /// Nil without any.
  init?(_ sum: FeeSum) throws {
    guard sum.unknownOrders > 0 else { return nil }
    currency = sum.currency.code
    cells = try FeeCells(unknown: sum.unknown, in: sum.currency)
  }
}

/// The sums of the columns in one currency.
private struct SumRow {
  let currency: String
  let cells: FeeCells

  init(_ sum: FeeSum) throws {
    currency = sum.currency.code
    cells = try FeeCells(known: sum.known, unknown: sum.unknown, in: sum.currency)
  }

  /// The sums in words, to be announced.
  var news: String {
    """
    Fees in \(currency): carried \(cells.carried), charged \(cells.charged), declined \
    \(cells.declined), open \(cells.open).
    """
  }
}

/// The last cells of a row: the number of its orders, and the fees that they carried.
private struct FeeCells {
  let orders: String
  let carried: String
  let charged: String
  let declined: String
  let open: String

  /// - Parameters:
  ///   - known: its orders with their fees, by state.
  ///   - unknown: the number of its orders whose fee is unknown, by state.
  ///   - currency: the currency of the fees.
  init(
    known: [Charge.State: FeeReport.Part] = [:], unknown: [Charge.State: Int] = [:],
    in currency: Currency
  ) throws {
    func text(_ fees: Money, isPart: Bool) -> String {
      guard isPart else { return fees.shown }
      return fees.amount == 0 ? "unknown" : "\(fees.shown) + unknown"
    }
    func text(_ state: Charge.State) -> String {
      text(known[state]?.fees ?? .zero(currency), isPart: unknown[state] != nil)
    }
    let count = known.values.reduce(0) { $0 + $1.orders } + unknown.values.reduce(0, +)
    orders = count.shown
    carried = text(
      try known.values.reduce(.zero(currency)) { try $0.adding($1.fees) },
      isPart: !unknown.isEmpty)
    charged = text(.charged)
    declined = text(.declined)
    open = text(.intended)
  }
}

/// An order that is named below the report.
private struct NamedOrder {
  let order: ShownIdentifier
  /// Nil where it is unknown.
  let version: Int64?
  let fee: String
  let total: String

  init(_ order: FeeReport.Order, of version: Int64?) {
    self.order = ShownIdentifier(order.orderId)
    self.version = version
    fee = order.fee?.shown ?? "unknown"
    total = order.total.shown
  }
}
