// Beta's tables: its own copy of the settings, carts with their quotes, and captured orders.

import Daemon
import Schema

enum Tables {
  static let migrations = [
    Migration(
      "beta-1",
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
        CREATE TABLE carts (
          id TEXT PRIMARY KEY,
          state TEXT NOT NULL,
          quote_id TEXT NOT NULL,
          order_id TEXT,
          opened_at BIGINT NOT NULL
        );
        CREATE TABLE quotes (
          id TEXT PRIMARY KEY,
          cart_id TEXT NOT NULL,
          settings_version BIGINT NOT NULL,
          currency TEXT NOT NULL,
          fee BIGINT NOT NULL,
          discount BIGINT NOT NULL,
          promised BIGINT NOT NULL,
          quoted_at BIGINT NOT NULL,
          order_id TEXT
        );
        CREATE TABLE orders (
          id TEXT PRIMARY KEY,
          cart_id TEXT NOT NULL,
          product TEXT NOT NULL,
          currency TEXT NOT NULL,
          price BIGINT NOT NULL,
          outcome TEXT,
          correlation_id TEXT NOT NULL,
          captured_at BIGINT NOT NULL
        );
        """),
    // Carts without an order expire; the indices find them, however many orders there are.
    Migration(
      "beta-2",
      sql: """
        CREATE INDEX carts_never_ordered ON carts (opened_at) WHERE order_id IS NULL;
        CREATE INDEX quotes_by_cart ON quotes (cart_id);
        """),
    Migration(
      "beta-3",
      sql: """
        ALTER TABLE orders ADD COLUMN approved_at BIGINT;
        ALTER TABLE orders ADD COLUMN rejection TEXT;
        """),
  ]
}

// MARK: Settings

extension Reader {
  /// Beta's copy of the settings in force: the highest version that it has received; nil before the
  /// first.
  func currentSettings() throws -> SettingsChanged? {
    guard let row = try row("SELECT * FROM settings ORDER BY version DESC LIMIT 1") else {
      return nil
    }
    return SettingsChanged(
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

// MARK: Carts and quotes

extension Reader {
  func cart(_ id: Identifier) throws -> Cart? {
    try row(carts + "WHERE carts.id = \(id)").map(Cart.init)
  }

  /// Carts with their quotes and the outcomes of their orders.
  private var carts: SQL {
    """
    SELECT carts.id AS cart_id, carts.state, carts.order_id, orders.outcome, quotes.id,
    quotes.settings_version, quotes.currency, quotes.fee, quotes.discount, quotes.promised,
    quotes.quoted_at FROM carts LEFT JOIN quotes ON quotes.id = carts.quote_id
    LEFT JOIN orders ON orders.id = carts.order_id
    """
  }

  /// Open carts that show a promise, oldest first.
  func openCartsWithPromise(after cart: Identifier?, limit: Int) throws -> [Identifier] {
    try rows(
      """
      SELECT carts.id FROM carts JOIN quotes ON quotes.id = carts.quote_id
      WHERE carts.id > \(cart?.description ?? "") AND carts.state = \(Cart.State.open)
      AND quotes.promised = 1 ORDER BY carts.id LIMIT \(limit)
      """
    ).map { try $0.value("id") }
  }

  func quote(_ id: Identifier) throws -> KnownQuote? {
    try row("SELECT * FROM quotes WHERE id = \(id)").map { row in
      KnownQuote(
        quote: try Quote(row), cartId: try row.value("cart_id"), orderId: try row.value("order_id"))
    }
  }
}

extension Cart {
  fileprivate init(_ row: Row) throws {
    let state: State = try row.value("state")
    let order: Identifier? = try row.value("order_id")
    let outcome: OrderFinalized.Outcome? = try row.value("outcome")
    self.init(
      id: try row.value("cart_id"), state: state, quote: try Quote(row),
      orderId: state == .inFlight ? order : nil,
      lastOrder: order.flatMap { order in outcome.map { Finished(orderId: order, outcome: $0) } })
  }
}

extension Quote {
  fileprivate init(_ row: Row) throws {
    let currency: Currency = try row.value("currency")
    self.init(
      id: try row.value("id"), settingsVersion: try row.value("settings_version"),
      fee: Money(amount: try row.value("fee"), currency: currency),
      discount: Money(amount: try row.value("discount"), currency: currency),
      promised: try row.value("promised"), quotedAt: try row.value("quoted_at"))
  }
}

extension Transaction {
  func insert(_ quote: Quote, for cart: Identifier) throws {
    try run(
      """
      INSERT INTO quotes (id, cart_id, settings_version, currency, fee, discount, promised,
      quoted_at)
      VALUES (\(quote.id), \(cart), \(quote.settingsVersion), \(quote.fee.currency),
      \(quote.fee.amount), \(quote.discount.amount), \(quote.promised), \(quote.quotedAt))
      """)
  }

  func insertCart(_ id: Identifier, quote: Identifier) throws {
    try run(
      """
      INSERT INTO carts (id, state, quote_id, opened_at)
      VALUES (\(id), \(Cart.State.open), \(quote), \(trustedNow))
      """)
  }

  /// Shows a cart's form, with a quote that is to be ordered by.
  func open(_ cart: Identifier, with quote: Identifier) throws {
    try run(
      """
      UPDATE carts SET state = \(Cart.State.open), quote_id = \(quote), opened_at = \(trustedNow)
      WHERE id = \(cart)
      """)
  }

  /// Removes carts that were opened before a time and never ordered, the oldest first.
  ///
  /// - Parameter limit: how many at most.
  func removeCarts(openedBefore time: Timestamp, limit: Int) throws {
    let carts: [Identifier] = try rows(
      """
      SELECT id FROM carts WHERE order_id IS NULL AND opened_at < \(time)
      ORDER BY opened_at LIMIT \(limit)
      """
    ).map { try $0.value("id") }
    for cart in carts {
      try run("DELETE FROM quotes WHERE cart_id = \(cart)")
      try run("DELETE FROM carts WHERE id = \(cart)")
    }
  }

  /// Removes quotes of a cart that served no order, but the newest.
  ///
  /// They are counted first: SQLite makes two temporary tables to find the newest.
  ///
  /// - Parameter count: how many of them stay.
  func removeQuotes(of cart: Identifier, butNewest count: Int) throws {
    let quotes: Int? = try value(
      "SELECT count(*) AS value FROM quotes WHERE cart_id = \(cart) AND order_id IS NULL")
    guard quotes ?? 0 > count else { return }
    try run(
      """
      DELETE FROM quotes WHERE cart_id = \(cart) AND order_id IS NULL AND id NOT IN (
        SELECT id FROM quotes WHERE cart_id = \(cart) AND order_id IS NULL
        ORDER BY id DESC LIMIT \(count))
      """)
  }

  /// Closes a cart's form until its order is finalized.
  ///
  /// It then shows the quote that was ordered by, which may be an older one than the last.
  func close(_ cart: Identifier, for order: CapturedOrder, spending quote: Identifier) throws {
    try run(
      """
      UPDATE carts SET state = \(Cart.State.inFlight), order_id = \(order.id),
      quote_id = \(quote) WHERE id = \(cart)
      """)
    try run("UPDATE quotes SET order_id = \(order.id) WHERE id = \(quote)")
  }
}

// MARK: Orders

extension Reader {
  func order(_ id: Identifier) throws -> CapturedOrder? {
    try row("SELECT * FROM orders WHERE id = \(id)").map(CapturedOrder.init)
  }

  /// The orders of a cart with their quotes, newest first.
  ///
  /// - Parameter limit: how many at most.
  func placedOrders(of cart: Identifier, limit: Int) throws -> [PlacedOrder] {
    let quotes = try rows(
      """
      SELECT * FROM quotes WHERE cart_id = \(cart) AND order_id IS NOT NULL
      ORDER BY order_id DESC LIMIT \(limit)
      """)
    return try quotes.compactMap { row in
      let id: Identifier = try row.value("order_id")
      return try order(id).map { PlacedOrder(order: $0, quote: try Quote(row)) }
    }
  }
}

extension CapturedOrder {
  fileprivate init(_ row: Row) throws {
    id = try row.value("id")
    cartId = try row.value("cart_id")
    product = try row.value("product")
    price = Money(amount: try row.value("price"), currency: try row.value("currency"))
    outcome = try row.value("outcome")
    correlationID = try row.value("correlation_id")
    capturedAt = try row.value("captured_at")
    approvedAt = try row.value("approved_at")
    rejection = try row.value("rejection")
  }
}

extension Transaction {
  func insert(_ order: CapturedOrder) throws {
    try run(
      """
      INSERT INTO orders (id, cart_id, product, currency, price, correlation_id, captured_at)
      VALUES (\(order.id), \(order.cartId), \(order.product), \(order.price.currency),
      \(order.price.amount), \(order.correlationID), \(order.capturedAt))
      """)
  }

  func approve(_ order: Identifier, at time: Timestamp) throws {
    try run("UPDATE orders SET approved_at = \(time) WHERE id = \(order)")
  }

  func reject(_ order: Identifier, because reason: String) throws {
    try run("UPDATE orders SET rejection = \(reason) WHERE id = \(order)")
  }

  func finalize(_ order: Identifier, as outcome: OrderFinalized.Outcome) throws {
    try run("UPDATE orders SET outcome = \(outcome) WHERE id = \(order)")
  }
}
