// The tables of Delta: the orders with their products, and the parcels.

import Daemon

enum Tables {
  static let migrations = [
    Migration(
      "delta-1",
      sql: """
        CREATE TABLE orders (
          id TEXT PRIMARY KEY,
          product TEXT NOT NULL
        );
        CREATE TABLE parcels (
          id TEXT PRIMARY KEY,
          order_id TEXT NOT NULL UNIQUE,
          product TEXT NOT NULL,
          state TEXT NOT NULL,
          correlation_id TEXT NOT NULL,
          packed_at BIGINT NOT NULL,
          shipped_at BIGINT
        );
        """)
  ]
}

// MARK: Orders

extension Reader {
  /// The product of an order; nil before its approval has arrived.
  func product(of order: Identifier) throws -> String? {
    try value("SELECT product AS value FROM orders WHERE id = \(order)")
  }
}

extension Transaction {
  func keep(product: String, of order: Identifier) throws {
    try run(
      """
      INSERT INTO orders (id, product) VALUES (\(order), \(product))
      ON CONFLICT (id) DO NOTHING
      """)
  }
}

// MARK: Parcels

/// A parcel, as the API shows it.
struct Parcel: Encodable {
  enum State: String, Encodable {
    case packed, shipped
  }

  let id: Identifier
  let orderId: Identifier
  let product: String
  var state: State
  /// The id of the work that captured the order, which all further work on it carries.
  let requestId: String
  let packedAt: Timestamp
  var shippedAt: Timestamp?
}

extension Reader {
  func parcel(of order: Identifier) throws -> Parcel? {
    try row("SELECT * FROM parcels WHERE order_id = \(order)").map(Parcel.init)
  }

  /// The parcels, newest first.
  func parcels(_ page: PageRequest<Identifier>) throws -> Page<Parcel> {
    let parcels = try rows("SELECT * FROM parcels" + page.newestFirst(by: "id"))
    return page.cut(try parcels.map(Parcel.init), by: \.id)
  }
}

extension Parcel {
  fileprivate init(_ row: Row) throws {
    id = try row.value("id")
    orderId = try row.value("order_id")
    product = try row.value("product")
    state = try row.value("state")
    requestId = try row.value("correlation_id")
    packedAt = try row.value("packed_at")
    shippedAt = try row.value("shipped_at")
  }
}

extension Transaction {
  func insert(_ parcel: Parcel) throws {
    try run(
      """
      INSERT INTO parcels (id, order_id, product, state, correlation_id, packed_at)
      VALUES (\(parcel.id), \(parcel.orderId), \(parcel.product), \(parcel.state),
      \(parcel.requestId), \(parcel.packedAt))
      """)
  }

  func update(_ parcel: Parcel) throws {
    try run(
      """
      UPDATE parcels SET state = \(parcel.state), shipped_at = \(parcel.shippedAt)
      WHERE id = \(parcel.id)
      """)
  }
}
