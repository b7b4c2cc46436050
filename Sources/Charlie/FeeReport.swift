// The fee report: the fee by Alpha's settings, beside the fees of the orders and the collected
// amounts. Settings and orders arrive in any order; the report shows what is unknown.

import Daemon
import Schema

/// The fees of all approved orders, by the settings version that they carried, newest first.
struct FeeReport {
  let fees: [Line]
  /// How many orders have no fee or no settings version in their approval.
  let unknown: Int

  struct Line {
    enum State: String {
      /// Every order carried the fee of this version.
      case matched
      /// Some order carried another fee.
      case mismatched
      /// This version has not been received yet.
      case pending
    }

    let settingsVersion: Int64
    let state: State
    /// The fee, zero where it was off; absent while the version is not known.
    let fee: Money?
    /// Its orders that were charged, that were declined, and that are neither yet.
    ///
    /// Fees in another currency are left out of the sums, and named among the mismatches.
    let charged: Part
    let declined: Part
    let open: Part
    /// How many orders carried another fee than the version's.
    let mismatches: Int

    /// The number of approved orders with this version.
    var orders: Int { charged.orders + declined.orders + open.orders }
    /// The fees that these orders carried, together.
    func carried() throws -> Money {
      try charged.fees.adding(declined.fees).adding(open.fees)
    }
  }

  struct Order {
    let orderId: Identifier
    let state: Charge.State
    let total: Money
    let fee: Money?
  }
}

extension FeeReport {
  /// A part of a version's orders: their number, and the fees that they carried.
  struct Part {
    var orders = 0
    var fees: Money

    fileprivate mutating func add(_ totals: ChargeTotals) throws {
      orders += totals.charges
      guard let sum = try totals.fees(), sum.currency == fees.currency else { return }
      fees = try fees.adding(sum)
    }
  }
}

extension FeeReport {
  /// The report from what is known: each version and each sum is looked at once.
  ///
  /// - Parameters:
  ///   - settings: the versions of the settings that were received.
  ///   - totals: the totals of all charges.
  init(settings: [SettingsChanged], totals: [ChargeTotals]) throws {
    let known = Dictionary(settings.map { ($0.version, $0) }) { first, _ in first }
    let carried = Dictionary(grouping: totals, by: \.settingsVersion)
    let versions = Set(known.keys).union(carried.keys.compactMap(\.self))
    fees = try versions.sorted(by: >).map {
      try Line($0, settings: known[$0], totals: carried[$0] ?? [])
    }
    unknown = carried[nil]?.reduce(0) { $0 + $1.charges } ?? 0
  }
}

extension FeeReport.Line {
  /// - Parameters:
  ///   - version: the version.
  ///   - settings: the version as Alpha published it; nil while it is not known.
  ///   - totals: the totals of its orders.
  fileprivate init(_ version: Int64, settings: SettingsChanged?, totals: [ChargeTotals]) throws {
    let fee = settings?.feeInForce
    let currency = fee?.currency ?? totals.first?.total.currency ?? .usd
    func part(_ state: Charge.State) throws -> FeeReport.Part {
      try totals.filter { $0.state == state }
        .reduce(into: FeeReport.Part(fees: .zero(currency))) { try $0.add($1) }
    }
    let others = fee.map { fee in totals.filter { $0.fee != fee } } ?? []
    mismatches = others.reduce(0) { $0 + $1.charges }
    state = fee == nil ? .pending : mismatches == 0 ? .matched : .mismatched
    settingsVersion = version
    self.fee = fee
    charged = try part(.charged)
    declined = try part(.declined)
    open = try part(.intended)
  }
}

extension Reader {
  func feeReport() throws -> FeeReport {
    try FeeReport(settings: try settingsHistory(), totals: try chargeTotals())
  }

  /// A part of the report's lines: only their versions are read.
  func feeLines(_ page: PageRequest<Int64>) throws -> Page<FeeReport.Line> {
    let end = page.before ?? .max
    let versions: [Int64] = try rows(
      """
      SELECT version FROM settings WHERE version < \(end)
      UNION SELECT settings_version FROM charge_totals
      WHERE known = 1 AND charges > 0 AND settings_version < \(end)
      ORDER BY version DESC LIMIT \(page.limit + 1)
      """
    ).map { try $0.value("version") }
    guard let newest = versions.first, let oldest = versions.last else {
      return page.cut([], by: \.settingsVersion)
    }
    let range = oldest...newest
    let part = try FeeReport(
      settings: try settingsHistory(of: range), totals: try chargeTotals(of: range))
    return page.cut(part.fees, by: \.settingsVersion)
  }

  /// The orders of a line that carried another fee than its version's, oldest first.
  ///
  /// - Parameter limit: how many at most; nil for all.
  func mismatches(_ line: FeeReport.Line, limit: Int? = nil) throws -> [FeeReport.Order] {
    guard let fee = line.fee, line.mismatches > 0 else { return [] }
    return try reportedOrders(
      where: """
        settings_version = \(line.settingsVersion) AND fee IS NOT NULL
        AND (fee <> \(fee.amount) OR currency <> \(fee.currency))
        """, limit: limit)
  }

  /// The orders without a fee or a settings version, oldest first.
  ///
  /// - Parameter limit: how many at most; nil for all.
  func ordersOfUnknownFee(limit: Int? = nil) throws -> [FeeReport.Order] {
    try reportedOrders(where: "(settings_version IS NULL OR fee IS NULL)", limit: limit)
  }

  private func reportedOrders(where condition: SQL, limit: Int?) throws -> [FeeReport.Order] {
    try charges(where: condition, limit: limit).map { charge in
      FeeReport.Order(
        orderId: charge.orderId, state: charge.state, total: charge.total, fee: charge.fee)
    }
  }
}
