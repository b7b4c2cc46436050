// The totals that Charlie keeps: sums of the ledger and of the charges, changed with them in one
// transaction, so that no page counts all orders again.

import Daemon
import Schema

/// The sums of the charges that are alike: of one settings version and one fee, in one currency and
/// one state.
struct ChargeTotals {
  /// The settings version; nil where the approval had none, or no fee.
  let settingsVersion: Int64?
  /// The fee of each of these charges; nil where the version is.
  let fee: Money?
  let state: Charge.State
  /// The number of charges.
  let charges: Int
  /// Their totals, together.
  let total: Money

  /// Their fees, together; nil where they are unknown.
  func fees() throws -> Money? {
    guard let fee else { return nil }
    let (amount, isTooLarge) = fee.amount.multipliedReportingOverflow(by: Int64(charges))
    // Adding the largest amount to itself is the error of Money.
    guard !isTooLarge else {
      let largest = Money(amount: .max, currency: fee.currency)
      return try largest.adding(largest)
    }
    return Money(amount: amount, currency: fee.currency)
  }
}

/// The sums of all charges in one state and one currency.
struct StateTotals {
  let state: Charge.State
  /// The number of charges.
  let charges: Int
  /// Their totals, together.
  let total: Money
}

extension ChargeTotals {
  /// An unknown version and fee have a row too: a key has no empty column.
  fileprivate init(_ row: Row) throws {
    let currency: Currency = try row.value("currency")
    let isKnown: Bool = try row.value("known")
    settingsVersion = isKnown ? try row.value("settings_version") : nil
    fee = isKnown ? Money(amount: try row.value("fee"), currency: currency) : nil
    state = try row.value("state")
    charges = try row.value("charges")
    total = Money(amount: try row.value("total"), currency: currency)
  }
}

extension Reader {
  /// The totals of all charges.
  func chargeTotals() throws -> [ChargeTotals] {
    try rows(
      """
      SELECT * FROM charge_totals WHERE charges > 0
      ORDER BY settings_version DESC, currency, fee, state
      """
    ).map(ChargeTotals.init)
  }

  /// The totals of the charges with a settings version of a range.
  func chargeTotals(of versions: ClosedRange<Int64>) throws -> [ChargeTotals] {
    try rows(
      """
      SELECT * FROM charge_totals WHERE known = 1 AND charges > 0
      AND settings_version BETWEEN \(versions.lowerBound) AND \(versions.upperBound)
      ORDER BY settings_version DESC, currency, fee, state
      """
    ).map(ChargeTotals.init)
  }

  /// The sums of all charges, by their state and currency.
  func stateTotals() throws -> [StateTotals] {
    try rows(
      """
      SELECT state, currency, sum(charges) AS charges, sum(total) AS total FROM charge_totals
      WHERE charges > 0 GROUP BY state, currency ORDER BY currency, state
      """
    ).map { row in
      StateTotals(
        state: try row.value("state"), charges: try row.value("charges"),
        total: Money(amount: try row.value("total"), currency: try row.value("currency")))
    }
  }

  /// The trial balance of the whole ledger.
  func trialBalance() throws -> TrialBalance {
    let lines = try rows("SELECT * FROM balances ORDER BY currency, account").map { row in
      let debit: Int64 = try row.value("debit")
      let credit: Int64 = try row.value("credit")
      return TrialBalance.Line(
        account: try row.value("account"), currency: try row.value("currency"), debit: debit,
        credit: credit, balance: debit - credit)
    }
    let total = lines.reduce(0) { $0 + $1.balance }
    return TrialBalance(accounts: lines, total: total, balanced: total == 0)
  }
}

extension Transaction {
  /// Counts a new charge.
  func count(_ charge: Charge) throws {
    try run(change(of: charge, by: 1) + added)
  }

  /// Counts a charge in its new state instead of the old one.
  func count(_ charge: Charge, insteadOf old: Charge) throws {
    try run(change(of: old, by: -1) + "," + values(of: charge, by: 1) + added)
  }

  private func change(of charge: Charge, by count: Int64) -> SQL {
    """
    INSERT INTO charge_totals (known, settings_version, fee, currency, state, charges, total)
    VALUES
    """ + values(of: charge, by: count)
  }

  private func values(of charge: Charge, by count: Int64) -> SQL {
    let known = charge.settingsVersion.flatMap { version in
      charge.fee.map { (version: version, fee: $0.amount) }
    }
    return """
      (\(known != nil), \(known?.version ?? 0), \(known?.fee ?? 0), \(charge.total.currency),
      \(charge.state), \(count), \(count * charge.total.amount))
      """
  }

  private var added: SQL {
    """
    ON CONFLICT (known, settings_version, fee, currency, state) DO UPDATE
    SET charges = charge_totals.charges + excluded.charges,
    total = charge_totals.total + excluded.total
    """
  }

  /// Adds the postings of an entry to the balances of their accounts.
  func balance(_ postings: [Posting], in currency: Currency) throws {
    guard let first = postings.first else { return }
    func values(_ posting: Posting) -> SQL {
      """
      (\(posting.account), \(currency), \(max(posting.amount, 0)), \(max(-posting.amount, 0)))
      """
    }
    try run(
      postings.dropFirst().reduce(
        "INSERT INTO balances (account, currency, debit, credit) VALUES" + values(first)
      ) { $0 + "," + values($1) } + """
        ON CONFLICT (account, currency) DO UPDATE
        SET debit = balances.debit + excluded.debit, credit = balances.credit + excluded.credit
        """)
  }
}

// MARK: The tables

extension Tables {
  /// Makes the totals, and fills them from what is there.
  static let totals = Migration(
    "charlie-3",
    sql: """
      CREATE TABLE balances (
        account TEXT NOT NULL,
        currency TEXT NOT NULL,
        debit BIGINT NOT NULL,
        credit BIGINT NOT NULL,
        PRIMARY KEY (account, currency)
      );
      CREATE TABLE charge_totals (
        known BIGINT NOT NULL,
        settings_version BIGINT NOT NULL,
        fee BIGINT NOT NULL,
        currency TEXT NOT NULL,
        state TEXT NOT NULL,
        charges BIGINT NOT NULL,
        total BIGINT NOT NULL,
        PRIMARY KEY (known, settings_version, fee, currency, state)
      );
      DROP INDEX charges_by_settings;
      CREATE INDEX charges_by_fee ON charges (settings_version, fee);
      CREATE INDEX charges_unknown ON charges (order_id)
        WHERE settings_version IS NULL OR fee IS NULL;
      INSERT INTO balances (account, currency, debit, credit)
      \(recountedBalances);
      INSERT INTO charge_totals (known, settings_version, fee, currency, state, charges, total)
      \(recountedCharges);
      """)

  fileprivate static let recountedBalances = """
    SELECT account, currency,
      sum(CASE WHEN amount > 0 THEN amount ELSE 0 END) AS debit,
      sum(CASE WHEN amount < 0 THEN -amount ELSE 0 END) AS credit
    FROM postings JOIN entries ON entries.id = postings.entry_id GROUP BY account, currency
    """

  fileprivate static let recountedCharges = """
    SELECT known, settings_version, fee, currency, state, count(*) AS charges,
      sum(total) AS total FROM (
      SELECT 1 AS known, settings_version, fee, currency, state, total FROM charges
      WHERE settings_version IS NOT NULL AND fee IS NOT NULL
      UNION ALL SELECT 0, 0, 0, currency, state, total FROM charges
      WHERE settings_version IS NULL OR fee IS NULL
    ) AS parts GROUP BY known, settings_version, fee, currency, state
    """
}

/// The kept totals are the recounted ones; for `eventually verify`.
let totalsCheck = JournalCheck("the kept totals are those of the charges and the postings") {
  snapshot in
  func difference(_ kept: String, _ recounted: String) throws -> Int {
    let surplus: [Row] = try snapshot.rows(SQL(stringLiteral: "\(kept) EXCEPT \(recounted)"))
    let lack: [Row] = try snapshot.rows(SQL(stringLiteral: "\(recounted) EXCEPT \(kept)"))
    return surplus.count + lack.count
  }
  let balances = try difference(
    "SELECT account, currency, debit, credit FROM balances",
    "SELECT * FROM (\(Tables.recountedBalances)) AS recounted")
  let charges = try difference(
    """
    SELECT known, settings_version, fee, currency, state, charges, total FROM charge_totals
    WHERE charges <> 0
    """, "SELECT * FROM (\(Tables.recountedCharges)) AS recounted")
  return (balances == 0 ? [] : ["the balances of accounts are not the sums of the postings"])
    + (charges == 0 ? [] : ["the totals of charges are not those of the charges"])
}
