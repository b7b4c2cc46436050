// The last rows of the fee report: the sums of all its lines, in each currency, and the orders that
// are in no line. The database adds them up, however many versions there are.

import Daemon
import Schema

/// The sums of the fee report's columns in one currency.
struct FeeSum {
  let currency: Currency
  /// The orders of all lines by their state, with the fees that they carried.
  fileprivate(set) var known: [Charge.State: FeeReport.Part] = [:]
  /// The number of orders by their state that are in no line: their fee or version is unknown.
  fileprivate(set) var unknown: [Charge.State: Int] = [:]

  fileprivate init(in currency: Currency) {
    self.currency = currency
  }

  /// The number of orders that are in no line.
  var unknownOrders: Int { unknown.values.reduce(0, +) }
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
    var sums: [Currency: FeeSum] = [:]
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
      var sum = sums[currency] ?? FeeSum(in: currency)
      // Lines without orders have a currency, and no state.
      if let orders = try row.value("orders", as: Int?.self) {
        sum.known[try row.value("state")] = FeeReport.Part(
          orders: orders, fees: Money(amount: try row.value("fees"), currency: currency))
      }
      sums[currency] = sum
    }
    let unknown = try rows(
      """
      SELECT currency, state, sum(charges) AS orders FROM charge_totals
      WHERE known = 0 AND charges > 0 GROUP BY currency, state
      """)
    for row in unknown {
      let currency: Currency = try row.value("currency")
      sums[currency, default: FeeSum(in: currency)].unknown[try row.value("state")] =
        try row.value("orders")
    }
    return sums.values.sorted { $0.currency.code < $1.currency.code }
  }
}
