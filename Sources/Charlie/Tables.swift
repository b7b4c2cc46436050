// Charlie's tables: its own copy of the settings, charges, and the ledger.

import Daemon
import Schema

enum Tables {
  static let migrations = [
    Migration(
      "charlie-1",
      sql: """
        CREATE TABLE settings (
          version BIGINT PRIMARY KEY,
          currency TEXT NOT NULL,
          fee_enabled BIGINT NOT NULL,
          fee_amount BIGINT NOT NULL,
          discount_enabled BIGINT NOT NULL,
          discount_amount BIGINT NOT NULL,
          heard_at BIGINT NOT NULL
        );
        CREATE TABLE charges (
          order_id TEXT PRIMARY KEY,
          id TEXT NOT NULL,
          state TEXT NOT NULL,
          product TEXT NOT NULL,
          currency TEXT NOT NULL,
          total BIGINT NOT NULL,
          price BIGINT,
          fee BIGINT,
          discount BIGINT,
          settings_version BIGINT,
          code TEXT,
          reason TEXT,
          attempts BIGINT NOT NULL,
          due_at BIGINT NOT NULL,
          at BIGINT NOT NULL,
          correlation_id TEXT NOT NULL,
          cause TEXT NOT NULL,
          trace TEXT NOT NULL
        );
        CREATE INDEX charges_due ON charges (state, due_at);
        CREATE INDEX charges_by_settings ON charges (settings_version);
        CREATE TABLE entries (
          id TEXT PRIMARY KEY,
          order_id TEXT NOT NULL UNIQUE,
          currency TEXT NOT NULL,
          at BIGINT NOT NULL
        );
        CREATE TABLE postings (
          entry_id TEXT NOT NULL,
          account TEXT NOT NULL,
          amount BIGINT NOT NULL,
          PRIMARY KEY (entry_id, account)
        );
        """),
    Migration("charlie-2", sql: "ALTER TABLE charges ADD COLUMN trace_state TEXT;"),
    totals,
    // The charge that was settled last is read from here, however many there are.
    Migration(
      "charlie-4", sql: "CREATE INDEX charges_settled ON charges (at) WHERE state <> 'intended';"),
    // The stuck charges are listed and counted from here, however many are charged.
    Migration(
      "charlie-5",
      sql: """
        CREATE INDEX charges_stuck ON charges (state, order_id)
        WHERE state = 'intended' AND attempts > 0;
        """),
  ]
}

// MARK: Settings

extension Reader {
  /// Charlie's copy of the settings: every received version, newest first.
  func settingsHistory() throws -> [SettingsChanged] {
    try rows("SELECT * FROM settings ORDER BY version DESC").map(SettingsChanged.init)
  }

  /// The received versions of a range, newest first.
  func settingsHistory(of versions: ClosedRange<Int64>) throws -> [SettingsChanged] {
    try rows(
      """
      SELECT * FROM settings
      WHERE version BETWEEN \(versions.lowerBound) AND \(versions.upperBound)
      ORDER BY version DESC
      """
    ).map(SettingsChanged.init)
  }

  /// The received version that is the newest; nil before the first.
  func newestSettings() throws -> SettingsChanged? {
    try row("SELECT * FROM settings ORDER BY version DESC LIMIT 1").map(SettingsChanged.init)
  }
}

extension SettingsChanged {
  fileprivate init(_ row: Row) throws {
    self.init(
      settingsId: Settings.id, version: try row.value("version"),
      currency: try row.value("currency"),
      fee: Rule(enabled: try row.value("fee_enabled"), amount: try row.value("fee_amount")),
      discount: Rule(
        enabled: try row.value("discount_enabled"), amount: try row.value("discount_amount")))
  }
}

extension Transaction {
  /// Keeps a version of the settings; the copy never goes back, a lower version is history.
  func keep(_ settings: SettingsChanged) throws {
    try run(
      """
      INSERT INTO settings (version, currency, fee_enabled, fee_amount, discount_enabled,
      discount_amount, heard_at)
      VALUES (\(settings.version), \(settings.currency), \(settings.fee.enabled),
      \(settings.fee.amount), \(settings.discount.enabled), \(settings.discount.amount), \(now))
      ON CONFLICT (version) DO NOTHING
      """)
  }
}

// MARK: Charges

extension Reader {
  func charge(of order: Identifier) throws -> Charge? {
    try row("SELECT * FROM charges WHERE order_id = \(order)").map(Charge.init)
  }

  /// The charges, newest order first.
  func charges(_ page: PageRequest<Identifier>) throws -> Page<Charge> {
    let charges = try rows("SELECT * FROM charges" + page.newestFirst(by: "order_id"))
    return page.cut(try charges.map(Charge.init), by: \.orderId)
  }

  /// The charges that meet a condition, oldest order first.
  ///
  /// - Parameters:
  ///   - condition: the condition.
  ///   - limit: how many at most; nil for all.
  func charges(where condition: SQL, limit: Int?) throws -> [Charge] {
    let end: SQL = limit.map { "LIMIT \($0)" } ?? ""
    return try rows("SELECT * FROM charges WHERE" + condition + "ORDER BY order_id" + end)
      .map(Charge.init)
  }

  /// The charges for which the gateway was asked in vain, those first that have waited longest.
  ///
  /// The condition has the words of its index, as that of their number has.
  func stuckCharges(limit: Int) throws -> [Charge] {
    try rows(
      """
      SELECT * FROM charges WHERE state = 'intended' AND attempts > 0
      ORDER BY order_id LIMIT \(limit)
      """
    ).map(Charge.init)
  }

  /// The number of charges for which the gateway was asked in vain.
  func stuckChargeCount() throws -> Int {
    try value("SELECT count(*) AS value FROM charges WHERE state = 'intended' AND attempts > 0")
      ?? 0
  }

  /// The charge whose outcome is the newest; nil without any.
  ///
  /// The condition has the words of its index.
  func lastSettled() throws -> Charge? {
    try row("SELECT * FROM charges WHERE state <> 'intended' ORDER BY at DESC LIMIT 1")
      .map(Charge.init)
  }

  /// The charges that the gateway may be asked for now, longest due first.
  ///
  /// One that is due later than any pause lasts is due as well: the clock was set back.
  ///
  /// Two ranges of the index, however many charges wait for their time. The state stands in the text: beside
  /// indexes of one state, SQLite compiles a statement again for each value of an argument.
  ///
  /// - Parameters:
  ///   - limit: how many at most, with those that are left out.
  ///   - asking: the orders that are left out.
  func chargesDue(
    at now: Timestamp, limit: Int, beside asking: Set<Identifier> = []
  ) throws -> [Charge] {
    let latest = now + Charge.backoff.limit
    let due = try rows(
      """
      SELECT * FROM charges WHERE state = 'intended' AND due_at <= \(now)
      UNION ALL
      SELECT * FROM charges WHERE state = 'intended' AND due_at > \(latest)
      ORDER BY due_at LIMIT \(limit)
      """)
    return try due.compactMap { row in
      try asking.contains(row.value("order_id")) ? nil : Charge(row)
    }
  }
}

extension Charge {
  fileprivate init(_ row: Row) throws {
    let currency: Currency = try row.value("currency")
    func money(_ column: String) throws -> Money? {
      try row.value(column, as: Int64?.self).map { Money(amount: $0, currency: currency) }
    }
    id = try row.value("id")
    orderId = try row.value("order_id")
    state = try row.value("state")
    product = try row.value("product")
    total = Money(amount: try row.value("total"), currency: currency)
    price = try money("price")
    fee = try money("fee")
    discount = try money("discount")
    settingsVersion = try row.value("settings_version")
    code = try row.value("code")
    reason = try row.value("reason")
    attempts = try row.value("attempts")
    dueAt = try row.value("due_at")
    at = try row.value("at")
    work = Correlation(
      id: try row.value("correlation_id"), causationID: try row.value("cause"),
      trace: try row.value("trace"), traceState: try row.value("trace_state"))
  }
}

extension Transaction {
  func insert(_ charge: Charge) throws {
    try run(
      """
      INSERT INTO charges (order_id, id, state, product, currency, total, price, fee, discount,
      settings_version, attempts, due_at, at, correlation_id, cause, trace, trace_state)
      VALUES (\(charge.orderId), \(charge.id), \(charge.state), \(charge.product),
      \(charge.total.currency), \(charge.total.amount), \(charge.price?.amount),
      \(charge.fee?.amount), \(charge.discount?.amount), \(charge.settingsVersion),
      \(charge.attempts), \(charge.dueAt), \(charge.at), \(charge.work.id), \(charge.work.causationID),
      \(charge.work.trace), \(charge.work.traceState))
      """)
    try count(charge)
  }

  /// Stores the outcome of a charge.
  ///
  /// - Parameters:
  ///   - charge: the charge with its outcome.
  ///   - old: the charge as it is stored.
  func update(_ charge: Charge, from old: Charge) throws {
    try run(
      """
      UPDATE charges SET state = \(charge.state), code = \(charge.code),
      reason = \(charge.reason), at = \(charge.at) WHERE order_id = \(charge.orderId)
      """)
    try count(charge, insteadOf: old)
  }

  func postpone(_ charge: Charge, until due: Timestamp) throws {
    try run(
      """
      UPDATE charges SET attempts = attempts + 1, due_at = \(due)
      WHERE order_id = \(charge.orderId) AND state = \(Charge.State.intended)
      """)
  }
}
