// The last rows of the fee report: the sums of all its lines, in each currency. The database adds
// them up, however many versions there are.

import Daemon
import Schema

/// The sums of the fee report's columns in one currency.
struct FeeSum {
  let currency: String
  let orders: Int
  let carried: Money
  let charged: Money
  let declined: Money
  let open: Money
}

extension FeeSum {
  /// The sums of the lines in one currency.
  ///
  /// - Parameters:
  ///   - currency: the currency of the lines.
  ///   - parts: their orders by state.
  fileprivate init(in currency: Currency, _ parts: [Charge.State: FeeReport.Part]) throws {
    func fees(_ state: Charge.State) -> Money { parts[state]?.fees ?? .zero(currency) }
    self.currency = currency.code
    orders = parts.values.reduce(0) { $0 + $1.orders }
    charged = fees(.charged)
    declined = fees(.declined)
    open = fees(.intended)
    carried = try charged.adding(declined).adding(open)
  }
}

/// The fee report's lines with their currency: that of the settings, or of their orders where the
/// version is not known.
private let lines: SQL = """
  (
    SELECT version, currency FROM settings
    UNION ALL
    SELECT settings_version, min(currency) FROM charge_totals
    WHERE known = 1 AND charges > 0
      AND NOT EXISTS (SELECT 1 FROM settings WHERE version = settings_version)
    GROUP BY settings_version
  ) AS lines
  """

extension Reader {
  /// How many lines the whole fee report has.
  func feeLineCount() throws -> Int {
    try value("SELECT count(*) AS value FROM" + lines) ?? 0
  }

  /// The sums of the whole fee report.
  ///
  /// As in its lines, fees in another currency than their line's are left out.
  func feeSums() throws -> [FeeSum] {
    var sums: [Currency: [Charge.State: FeeReport.Part]] = [:]
    let sumsByState: SQL =
      """
      SELECT lines.currency AS currency, totals.state AS state, sum(totals.charges) AS orders,
        sum(CASE WHEN totals.currency = lines.currency THEN totals.charges * totals.fee ELSE 0 END)
        AS fees
      FROM
      """ + lines + """
        LEFT JOIN charge_totals AS totals ON totals.known = 1 AND totals.charges > 0
          AND totals.settings_version = lines.version
        GROUP BY lines.currency, totals.state
        """
    for row in try rows(sumsByState) {
      let currency: Currency = try row.value("currency")
      var parts = sums[currency] ?? [:]
      // Lines without orders have a currency, and no state.
      if let orders = try row.value("orders", as: Int?.self) {
        let state: Charge.State = try row.value("state")
        parts[state] = FeeReport.Part(
          orders: orders, fees: Money(amount: try row.value("fees"), currency: currency))
      }
      sums[currency] = parts
    }
    return try sums.sorted { $0.key.code < $1.key.code }.map { try FeeSum(in: $0.key, $0.value) }
  }
}
