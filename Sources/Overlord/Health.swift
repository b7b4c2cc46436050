// Overlord's measurements: what its page of health is made of. Each query reads a bounded number of
// rows, however many events there are: where a subject is known, `type || ''` keeps a database from
// the index of the type, which has many more rows.

import Daemon
import Schema

/// The time that an order took, from its capture to its end.
struct CriticalTime {
  let finalizedAt: Timestamp
  let duration: Duration
}

/// An order whose next step has not come.
struct StuckOrder {
  let last: SeenEvent
  let step: OrderFlow.Step
}

/// The limits of the measurements.
enum Measured {
  /// How many minutes the charts show.
  static let minutes: Int64 = 30
  /// The most finalized orders that are looked at.
  static let orders = 1000
  /// The most events of each type that are looked at for orders that are stuck.
  static let open = 500
  /// How long the next step may take.
  static let patience = Duration.seconds(60)
}

extension Reader {
  /// The number of events of each minute up to one, oldest first.
  func rates(of stream: String, until last: Int64) throws -> [Int64] {
    let first = last - Measured.minutes + 1
    let counts = try rows(
      """
      SELECT minute, events FROM rates
      WHERE stream = \(stream) AND minute >= \(first) AND minute <= \(last)
      """
    ).map { row in
      (try row.value("minute", as: Int64.self), try row.value("events", as: Int64.self))
    }
    let byMinute = Dictionary(counts) { $1 }
    return (first...last).map { byMinute[$0] ?? 0 }
  }

  /// The critical times of the last finalized orders, newest first.
  func criticalTimes(since time: Timestamp, limit: Int = Measured.orders) throws -> [CriticalTime] {
    try rows(
      """
      SELECT last.committed_at AS finalized, (
        SELECT min(committed_at) FROM events
        WHERE subject = last.subject AND type || '' = \(OrderCaptured.schema.type)
      ) AS captured
      FROM (
        SELECT position, subject, committed_at FROM events
        WHERE type = \(OrderFinalized.schema.type) ORDER BY position DESC LIMIT \(limit)
      ) AS last WHERE last.committed_at >= \(time) ORDER BY last.position DESC
      """
    ).compactMap { row in
      guard let captured = try row.value("captured", as: Timestamp?.self) else { return nil }
      let finalized: Timestamp = try row.value("finalized")
      return CriticalTime(finalizedAt: finalized, duration: finalized.since(captured))
    }
  }

  /// The critical time of the order that was finalized last; nil while there is none.
  func lastCriticalTime() throws -> Duration? {
    try criticalTimes(since: Timestamp(microseconds: 0), limit: 1).first?.duration
  }

  /// Orders whose next step is missing, the longest waiting first.
  func stuckOrders(before time: Timestamp, limit: Int) throws -> [StuckOrder] {
    let types = Registry.eventually.events.map(\.type)
    return try types.flatMap { type -> [StuckOrder] in
      guard let step = OrderFlow.next(after: type) else { return [] }
      return try positions(of: type, before: time, lacking: step, limit: limit)
        .compactMap { try event(at: $0).map { StuckOrder(last: $0, step: step) } }
    }.sorted { $0.last.committedAt < $1.last.committedAt }
  }

  private func positions(
    of type: String, before time: Timestamp, lacking step: OrderFlow.Step, limit: Int
  ) throws -> [Int64] {
    let others = step.types.map { "OR type || '' = \($0)" as SQL }.reduce("1 = 0", +)
    let query: SQL = """
      SELECT last.position AS position FROM (
        SELECT position, subject FROM events
        WHERE type = \(type) AND committed_at < \(time)
        ORDER BY position DESC LIMIT \(Measured.open)
      ) AS last WHERE NOT EXISTS (
        SELECT 1 FROM events WHERE subject = last.subject AND (
      """
    return try rows(query + others + ")) ORDER BY last.position LIMIT \(limit)").map {
      try $0.value("position")
    }
  }
}
