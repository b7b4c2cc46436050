// The fee report: the fee by Alpha's settings, beside the fees of the orders and the collected
// amounts. Settings and orders arrive in any order; the report shows what is unknown.

import Daemon
import Schema

/// The fees of all approved orders, by the settings version that they carried.
struct FeeReport {
  let fees: [Line]
  /// Orders whose approval has no fee or no settings version.
  let unknown: [Order]

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
    /// The orders that carried another fee than the version's.
    let mismatches: [Order]

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

extension Reader {
  func feeReport() throws -> FeeReport {
    let settings = try settingsHistory()
    let totals = try chargeTotals()
    let versions = Set(totals.compactMap(\.settingsVersion)).union(settings.map(\.version))
    let lines = try versions.sorted(by: >).map { version in
      try feeLine(
        version, settings: settings.first { $0.version == version },
        totals: totals.filter { $0.settingsVersion == version })
    }
    let hasUnknown = totals.contains { $0.settingsVersion == nil }
    return FeeReport(
      fees: lines,
      unknown: hasUnknown
        ? try reportedOrders(where: "(settings_version IS NULL OR fee IS NULL)") : [])
  }

  /// - Parameters:
  ///   - version: the version.
  ///   - settings: the version as Alpha published it; nil while it is not known.
  ///   - totals: the totals of its orders.
  private func feeLine(
    _ version: Int64, settings: SettingsChanged?, totals: [ChargeTotals]
  ) throws -> FeeReport.Line {
    let fee = settings?.feeInForce
    let currency = fee?.currency ?? totals.first?.total.currency ?? .usd
    func part(_ state: Charge.State) throws -> FeeReport.Part {
      try totals.filter { $0.state == state }
        .reduce(into: FeeReport.Part(fees: .zero(currency))) { try $0.add($1) }
    }
    let isOther = fee.map { fee in totals.contains { $0.fee != fee } } ?? false
    let mismatches = try isOther ? fee.map { try ordersOfOtherFee($0, version: version) } ?? [] : []
    return FeeReport.Line(
      settingsVersion: version,
      state: fee == nil ? .pending : mismatches.isEmpty ? .matched : .mismatched, fee: fee,
      charged: try part(.charged), declined: try part(.declined), open: try part(.intended),
      mismatches: mismatches)
  }

  private func ordersOfOtherFee(_ fee: Money, version: Int64) throws -> [FeeReport.Order] {
    try reportedOrders(
      where: """
        settings_version = \(version) AND fee IS NOT NULL
        AND (fee <> \(fee.amount) OR currency <> \(fee.currency))
        """)
  }

  private func reportedOrders(where condition: SQL) throws -> [FeeReport.Order] {
    try charges(where: condition).map { charge in
      FeeReport.Order(
        orderId: charge.orderId, state: charge.state, total: charge.total, fee: charge.fee)
    }
  }
}
