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
    /// The number of approved orders with this version.
    let orders: Int
    /// The fees that these orders carried, together; those in another currency are left out here
    /// and named among the mismatches.
    let carried: Money
    /// The charged amount of these orders.
    let collected: Money
    /// The amount of these orders that is neither charged nor declined yet.
    let outstanding: Money
    /// The orders that carried another fee than the version's.
    let mismatches: [Order]
  }

  struct Order {
    let orderId: Identifier
    let state: Charge.State
    let total: Money
    let fee: Money?
  }
}

extension Reader {
  func feeReport() throws -> FeeReport {
    let settings = try settingsHistory()
    let lines = try versionsOfOrders().union(settings.map(\.version)).sorted(by: >).map { version in
      try feeLine(version, settings: settings.first { $0.version == version })
    }
    return FeeReport(
      fees: lines,
      unknown: try reportedOrders(where: "settings_version IS NULL OR fee IS NULL"))
  }

  private func versionsOfOrders() throws -> Set<Int64> {
    let versions = try rows(
      """
      SELECT DISTINCT settings_version AS value FROM charges
      WHERE settings_version IS NOT NULL AND fee IS NOT NULL
      """)
    return Set(try versions.map { try $0.value("value", as: Int64.self) })
  }

  /// - Parameter settings: the version as Alpha published it; nil while it is not known.
  private func feeLine(_ version: Int64, settings: SettingsChanged?) throws -> FeeReport.Line {
    let fee = settings?.feeInForce
    let sums = try feeSums(of: version)
    let currency = fee?.currency ?? sums.first?.fees.currency ?? .usd
    func sum(_ states: Set<Charge.State>) throws -> Money {
      try sums.filter { states.contains($0.state) && $0.fees.currency == currency }
        .reduce(.zero(currency)) { try $0.adding($1.fees) }
    }
    let mismatches = try fee.map { try ordersOfOtherFee($0, version: version) } ?? []
    return FeeReport.Line(
      settingsVersion: version,
      state: fee == nil ? .pending : mismatches.isEmpty ? .matched : .mismatched,
      fee: fee, orders: sums.reduce(0) { $0 + $1.orders },
      carried: try sum([.intended, .charged, .declined]), collected: try sum([.charged]),
      outstanding: try sum([.intended]), mismatches: mismatches)
  }

  private func feeSums(of version: Int64) throws -> [(
    state: Charge.State, orders: Int, fees: Money
  )] {
    try rows(
      """
      SELECT state, currency, count(*) AS orders, sum(fee) AS fees FROM charges
      WHERE settings_version = \(version) AND fee IS NOT NULL GROUP BY state, currency
      """
    ).map { row in
      let fees = Money(amount: try row.value("fees"), currency: try row.value("currency"))
      return (try row.value("state"), try row.value("orders"), fees)
    }
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
