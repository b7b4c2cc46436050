// Alpha's tables: every version of the settings, and every order with its state.

import Daemon
import Schema

enum Tables {
  static let migrations = [
    Migration(
      "alpha-1",
      sql: """
        CREATE TABLE settings (
          version BIGINT PRIMARY KEY,
          currency TEXT NOT NULL,
          fee_enabled BIGINT NOT NULL,
          fee_amount BIGINT NOT NULL,
          discount_enabled BIGINT NOT NULL,
          discount_amount BIGINT NOT NULL,
          correlation_id TEXT NOT NULL,
          changed_at BIGINT NOT NULL
        );
        CREATE TABLE orders (
          id TEXT PRIMARY KEY,
          cart_id TEXT NOT NULL,
          state TEXT NOT NULL,
          outcome TEXT,
          product TEXT NOT NULL,
          currency TEXT NOT NULL,
          price BIGINT NOT NULL,
          fee BIGINT NOT NULL,
          discount BIGINT NOT NULL,
          total BIGINT NOT NULL,
          settings_version BIGINT NOT NULL,
          reason TEXT,
          correlation_id TEXT NOT NULL,
          captured_at BIGINT NOT NULL,
          updated_at BIGINT NOT NULL
        );
        CREATE INDEX orders_by_state ON orders (state, id);
        """),
    Migration(
      "alpha-2",
      sql: """
        ALTER TABLE orders ADD COLUMN captured_event TEXT;
        ALTER TABLE orders ADD COLUMN captured_trace TEXT;
        """),
    Migration("alpha-3", sql: "ALTER TABLE orders ADD COLUMN captured_trace_state TEXT;"),
    Migration(
      "alpha-4",
      sql: """
        ALTER TABLE orders ADD COLUMN decided_at BIGINT;
        ALTER TABLE orders ADD COLUMN decided_by TEXT;
        CREATE INDEX orders_by_outcome ON orders (outcome, id);
        """),
    // However many orders wait, the newest decided ones are read from here.
    Migration(
      "alpha-5", sql: "CREATE INDEX orders_decided ON orders (id) WHERE state <> 'captured';"),
  ]
}

// MARK: Settings

/// One version of the settings, with the work that changed them and the time.
struct SettingsVersion {
  let settings: SettingsChanged
  let correlationID: String
  let changedAt: Timestamp
}

extension Reader {
  /// The settings in force; nil before the first start has stored them.
  func currentSettings() throws -> SettingsChanged? {
    try row("SELECT * FROM settings ORDER BY version DESC LIMIT 1")
      .map { try SettingsVersion($0).settings }
  }

  /// A version of the settings; nil where there was none.
  func settings(version: Int64) throws -> SettingsVersion? {
    try row("SELECT * FROM settings WHERE version = \(version)").map(SettingsVersion.init)
  }

  /// Every version of the settings, newest first.
  func settingsHistory(_ page: PageRequest<Int64>) throws -> Page<SettingsVersion> {
    let versions = try rows("SELECT * FROM settings" + page.newestFirst(by: "version"))
    return page.cut(try versions.map(SettingsVersion.init), by: \.settings.version)
  }
}

extension SettingsVersion {
  fileprivate init(_ row: Row) throws {
    settings = SettingsChanged(
      settingsId: Settings.id, version: try row.value("version"),
      currency: try row.value("currency"),
      fee: Rule(enabled: try row.value("fee_enabled"), amount: try row.value("fee_amount")),
      discount: Rule(
        enabled: try row.value("discount_enabled"), amount: try row.value("discount_amount")))
    correlationID = try row.value("correlation_id")
    changedAt = try row.value("changed_at")
  }
}

extension Transaction {
  /// Stores and publishes a version of the settings.
  func change(to settings: SettingsChanged) throws {
    try run(
      """
      INSERT INTO settings (version, currency, fee_enabled, fee_amount, discount_enabled,
      discount_amount, correlation_id, changed_at)
      VALUES (\(settings.version), \(settings.currency), \(settings.fee.enabled),
      \(settings.fee.amount), \(settings.discount.enabled), \(settings.discount.amount),
      \(work.id), \(now))
      """)
    try emit(settings)
  }
}

// MARK: Orders

extension Order {
  /// The state of an order by its name, in the table and in the API.
  ///
  /// The API takes all of these names. An end is stored as `finalized`, with its outcome.
  enum StateName: String, CaseIterable {
    case captured, approved, rejected, charged, declined, finalized
  }
}

extension Order {
  /// The condition of the decided orders, in the words of their index.
  static let isDecided: SQL = "state <> 'captured'"
}

extension Order.StateName {
  /// The condition of the orders that a person finds under this name: an end by its outcome.
  var condition: SQL {
    switch self {
    case .captured, .approved, .finalized: "state = \(self)"
    case .rejected, .charged, .declined: "outcome = \(self)"
    }
  }
}

extension Order.State {
  var name: Order.StateName {
    switch self {
    case .captured: .captured
    case .approved: .approved
    case .finalized: .finalized
    }
  }

  var outcome: OrderFinalized.Outcome? {
    if case .finalized(let outcome) = self { outcome } else { nil }
  }

  fileprivate init(_ row: Row) throws {
    let name: Order.StateName = try row.value("state")
    self =
      switch name {
      case .captured: .captured
      case .approved: .approved
      case .rejected: .finalized(.rejected)
      case .charged: .finalized(.charged)
      case .declined: .finalized(.declined)
      case .finalized: .finalized(try row.value("outcome"))
      }
  }
}

extension Reader {
  func order(_ id: Identifier) throws -> Order? {
    try row("SELECT * FROM orders WHERE id = \(id)").map(Order.init)
  }

  /// The orders of a condition, newest first.
  func orders(_ page: PageRequest<Identifier>, where condition: SQL) throws -> Page<Order> {
    let orders = try rows("SELECT * FROM orders" + page.newestFirst(by: "id", where: condition))
    return page.cut(try orders.map(Order.init), by: \.id)
  }

  /// The orders that wait for a decision, the one that waits the longest first.
  func queue(limit: Int) throws -> [Order] {
    try rows(
      """
      SELECT * FROM orders WHERE state = \(Order.StateName.captured) ORDER BY id LIMIT \(limit)
      """
    ).map(Order.init)
  }
}

extension Order {
  fileprivate init(_ row: Row) throws {
    let currency: Currency = try row.value("currency")
    func money(_ column: String) throws -> Money {
      Money(amount: try row.value(column), currency: currency)
    }
    id = try row.value("id")
    cartId = try row.value("cart_id")
    state = try State(row)
    product = try row.value("product")
    price = try money("price")
    fee = try money("fee")
    discount = try money("discount")
    total = try money("total")
    settingsVersion = try row.value("settings_version")
    reason = try row.value("reason")
    requestId = try row.value("correlation_id")
    captured =
      if let event = try row.value("captured_event", as: Identifier?.self),
        let trace = try row.value("captured_trace", as: TraceParent?.self)
      {
        Captured(
          event: event, trace: trace, traceState: try row.value("captured_trace_state"))
      } else { nil }
    capturedAt = try row.value("captured_at")
    decided = try row.value("decided_at", as: Timestamp?.self).map {
      Decided(at: $0, requestId: try row.value("decided_by"))
    }
    updatedAt = try row.value("updated_at")
  }
}

extension Transaction {
  func insert(_ order: Order) throws {
    try run(
      """
      INSERT INTO orders (id, cart_id, state, outcome, product, currency, price, fee, discount,
      total, settings_version, reason, correlation_id, captured_event, captured_trace,
      captured_trace_state, captured_at, decided_at, decided_by, updated_at)
      VALUES (\(order.id), \(order.cartId), \(order.state.name), \(order.state.outcome), \(order.product),
      \(order.price.currency), \(order.price.amount), \(order.fee.amount),
      \(order.discount.amount), \(order.total.amount), \(order.settingsVersion),
      \(order.reason), \(order.requestId), \(order.captured?.event), \(order.captured?.trace),
      \(order.captured?.traceState), \(order.capturedAt), \(order.decided?.at),
      \(order.decided?.requestId), \(order.updatedAt))
      """)
  }

  /// Stores where an order is now.
  func update(_ order: Order) throws {
    try run(
      """
      UPDATE orders SET state = \(order.state.name), outcome = \(order.state.outcome),
      reason = \(order.reason), decided_at = \(order.decided?.at),
      decided_by = \(order.decided?.requestId), updated_at = \(order.updatedAt) WHERE id = \(order.id)
      """)
  }
}
