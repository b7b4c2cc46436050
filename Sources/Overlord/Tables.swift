// Overlord's table: every event of every stream, in the order of arrival.

import Daemon
import FoundationEssentials

enum Tables {
  static let migrations = [
    Migration(
      "overlord-1",
      sql: """
        CREATE TABLE events (
          position INTEGER PRIMARY KEY,
          stream TEXT NOT NULL,
          sequence BIGINT NOT NULL,
          topic TEXT NOT NULL,
          type TEXT NOT NULL,
          subject TEXT NOT NULL,
          correlation_id TEXT NOT NULL,
          request_id TEXT,
          committed_at BIGINT NOT NULL,
          received_at BIGINT NOT NULL,
          body BLOB NOT NULL
        );
        CREATE UNIQUE INDEX events_by_stream ON events (stream, sequence);
        CREATE INDEX events_by_correlation ON events (correlation_id);
        CREATE INDEX events_by_request ON events (request_id);
        CREATE INDEX events_by_subject ON events (subject);
        CREATE INDEX events_by_type ON events (type, position);
        """),
    // After a restore of its publisher a stream has two events of one number, and both were seen.
    Migration(
      "overlord-2",
      sql: """
        DROP INDEX events_by_stream;
        CREATE INDEX events_by_stream ON events (stream, sequence);
        """),
  ]
}

/// A received event, with its place in Overlord's own order.
struct SeenEvent {
  let position: Int64
  let stream: String
  let sequence: UInt64
  let topic: String
  let committedAt: Timestamp
  let receivedAt: Timestamp
  /// The CloudEvent, as it was published.
  let event: JSONValue
}

extension EventFilter {
  fileprivate var condition: SQL {
    var condition: SQL = "1 = 1"
    if let request {
      condition = condition + "AND (correlation_id = \(request) OR request_id = \(request))"
    }
    if let subject { condition = condition + "AND subject = \(subject)" }
    if let type { condition = condition + "AND type = \(type)" }
    if let stream { condition = condition + "AND stream = \(stream)" }
    return condition
  }
}

extension Reader {
  /// The events that pass a filter, in order.
  func events(_ filter: EventFilter, page: PageRequest<Int64>) throws -> Page<SeenEvent> {
    let events = try rows(
      "SELECT * FROM events" + page.oldestFirst(by: "position", where: filter.condition))
    return page.cut(try events.map(SeenEvent.init), by: \.position)
  }

  /// The first position; 1 where there is none.
  func firstPosition() throws -> Int64 {
    try value("SELECT coalesce(min(position), 1) AS value FROM events") ?? 1
  }

  /// The last position; 0 where there is none.
  func lastPosition() throws -> Int64 {
    try value("SELECT coalesce(max(position), 0) AS value FROM events") ?? 0
  }

  /// The events of the work that an id names: by its request, or by one within it.
  func work(_ id: String) throws -> [SeenEvent] {
    try rows(
      """
      SELECT * FROM events WHERE correlation_id IN
      (SELECT correlation_id FROM events WHERE correlation_id = \(id) OR request_id = \(id))
      ORDER BY position LIMIT \(SeenEvent.workLimit)
      """
    ).map(SeenEvent.init)
  }

  /// The last events, newest first.
  func lastEvents(_ filter: EventFilter, limit: Int) throws -> [SeenEvent] {
    let page = PageRequest<Int64>(limit: limit)
    return try rows(
      "SELECT * FROM events" + page.newestFirst(by: "position", where: filter.condition)
    ).prefix(limit).map(SeenEvent.init)
  }
}

extension SeenEvent {
  /// The most events of a piece of work that are shown.
  static var workLimit: Int { 1000 }

  fileprivate init(_ row: Row) throws {
    position = try row.value("position")
    stream = try row.value("stream")
    sequence = try row.value("sequence")
    topic = try row.value("topic")
    committedAt = try row.value("committed_at")
    receivedAt = try row.value("received_at")
    event = try JSONValue(parsing: try row.value("body", as: Data.self))
  }
}

extension Transaction {
  /// Stores an event as it came.
  func insert(_ record: Record, envelope: Envelope<Unread>) throws {
    try run(
      """
      INSERT INTO events (stream, sequence, topic, type, subject, correlation_id, request_id,
      committed_at, received_at, body)
      VALUES (\(record.topic.stream), \(record.header.sequence), \(record.topic.description),
      \(record.topic.type), \(envelope.subject), \(envelope.correlation.id),
      \(envelope.correlation.requestID), \(record.header.committedAt), \(now), \(record.body))
      """)
  }

  /// Whether the very event was kept before: a stream that is read again brings it once more.
  func hasSeen(_ record: Record) throws -> Bool {
    try row(
      """
      SELECT 1 FROM events WHERE stream = \(record.topic.stream)
      AND sequence = \(record.header.sequence) AND body = \(record.body)
      """) != nil
  }
}
