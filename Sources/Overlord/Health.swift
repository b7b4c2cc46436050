// Overlord's measurements, for its page of health. Each query reads a bounded number of rows,
// however many events there are: where a subject is known, `type || ''` keeps a database from the
// index of the type, which has many more rows.

import Daemon
import Schema

/// The time that an order took, from its capture to its end.
struct CriticalTime {
  let finalizedAt: Timestamp
  let duration: Duration
}

/// The limits of the measurements.
enum Measured {
  /// How many minutes the charts show.
  static let minutes: Int64 = 30
  /// The most finalized orders in the critical time.
  static let orders = 1000
  /// The most stuck orders that are listed.
  static let stuck = 20
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
}
