// The open orders, which Overlord keeps beside the events: each order that is captured and not
// finalized, with its furthest step. An order is therefore found however long it has been stuck.

import Daemon
import Schema

/// An order without its next step.
struct StuckOrder {
  /// The event of its furthest step.
  let last: SeenEvent
  let step: OrderFlow.Step
}

/// The steps of an order, in order.
enum OrderStep {
  /// The types of the events of each step.
  static let types = [
    [OrderCaptured.schema.type],
    [OrderApproved.schema.type, OrderRejected.schema.type],
    [OrderCharged.schema.type, OrderDeclined.schema.type],
    [OrderFinalized.schema.type],
  ]

  /// The types of the later steps; nil for a type that is no step of an order.
  static func types(after type: String) -> [String]? {
    types.firstIndex { $0.contains(type) }.map { types[($0 + 1)...].flatMap(\.self) }
  }
}

extension Transaction {
  /// Keeps the step of an order.
  ///
  /// The services' events arrive in any order: an event changes nothing after a later step.
  ///
  /// - Parameter position: that of the event, which is stored already.
  func followOrder(_ subject: String, type: String, position: Int64, at time: Timestamp) throws {
    guard let later = OrderStep.types(after: type) else { return }
    guard !later.isEmpty else {
      return try run("DELETE FROM open_orders WHERE subject = \(subject)")
    }
    let isLater = later.map { "type || '' = \($0)" as SQL }.reduce("1 = 0") { $0 + "OR" + $1 }
    let events: SQL = "SELECT 1 FROM events WHERE subject = \(subject) AND ("
    guard try row(events + isLater + ") LIMIT 1") == nil else { return }
    try run(
      """
      INSERT INTO open_orders (subject, position, committed_at)
      VALUES (\(subject), \(position), \(time)) ON CONFLICT (subject) DO UPDATE
      SET position = excluded.position, committed_at = excluded.committed_at
      """)
  }
}

extension Reader {
  /// Orders without their next step since before a time, the longest waiting first.
  func stuckOrders(before time: Timestamp, limit: Int) throws -> [StuckOrder] {
    try rows(
      """
      SELECT events.* FROM open_orders JOIN events ON events.position = open_orders.position
      WHERE open_orders.committed_at < \(time) ORDER BY open_orders.committed_at LIMIT \(limit)
      """
    ).compactMap { row in
      let last = try SeenEvent(row)
      return OrderFlow.next(after: last.type).map { StuckOrder(last: last, step: $0) }
    }
  }

  /// The number of such orders.
  func stuckOrderCount(before time: Timestamp) throws -> Int {
    try value("SELECT count(*) AS value FROM open_orders WHERE committed_at < \(time)") ?? 0
  }
}

// MARK: The table

extension Tables {
  /// Makes the table of open orders, and fills it from the events.
  static let openOrders = Migration(
    "overlord-5",
    sql: """
      CREATE TABLE open_orders (
        subject TEXT PRIMARY KEY,
        position BIGINT NOT NULL,
        committed_at BIGINT NOT NULL
      );
      INSERT INTO open_orders (subject, position, committed_at)
      \(recountedOrders);
      CREATE INDEX open_orders_by_time ON open_orders (committed_at);
      """)

  /// The open orders by the events: one pass over all of them, and a second look at the open ones.
  ///
  /// Of several events of the furthest step the last one counts.
  fileprivate static let recountedOrders = """
    SELECT events.subject AS subject, events.position AS position,
      events.committed_at AS committed_at
    FROM (
      SELECT furthest.subject AS subject, max(events.position) AS position FROM (
        SELECT subject, max(\(step)) AS step FROM events
        WHERE \(step) > 0 GROUP BY subject HAVING max(\(step)) < 4
      ) AS furthest JOIN events ON events.subject = furthest.subject
      WHERE \(step) = furthest.step GROUP BY furthest.subject
    ) AS open JOIN events ON events.position = open.position
    """

  private static let step = """
    (CASE events.type WHEN 'order.captured' THEN 1 WHEN 'order.approved' THEN 2
    WHEN 'order.rejected' THEN 2 WHEN 'order.charged' THEN 3 WHEN 'order.declined' THEN 3
    WHEN 'order.finalized' THEN 4 ELSE 0 END)
    """
}

/// The kept open orders are those of the events; for `eventually verify`.
let openOrdersCheck = JournalCheck("the open orders are those of the events") { snapshot in
  let kept = "SELECT subject, position, committed_at FROM open_orders"
  let recounted = "SELECT * FROM (\(Tables.recountedOrders)) AS recounted"
  let surplus = try snapshot.rows(SQL(stringLiteral: "\(kept) EXCEPT \(recounted)"))
  let lack = try snapshot.rows(SQL(stringLiteral: "\(recounted) EXCEPT \(kept)"))
  func subjects(_ rows: [Row]) throws -> [String] {
    try rows.map { try $0.value("subject", as: String.self).escapedForTerminal }
  }
  return try subjects(surplus).map { "the order \($0) is kept as open, and is not, or not so" }
    + subjects(lack).map { "the order \($0) is open, and not kept as that" }
}
