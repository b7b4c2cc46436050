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
    // The number of events of each minute is counted as they arrive.
    Migration(
      "overlord-3",
      sql: """
        CREATE TABLE rates (
          stream TEXT NOT NULL,
          minute BIGINT NOT NULL,
          events BIGINT NOT NULL,
          PRIMARY KEY (stream, minute)
        );
        INSERT INTO rates (stream, minute, events)
          SELECT stream, committed_at / 60000000, count(*) FROM events
          GROUP BY stream, committed_at / 60000000;
        """),
    // Pages show the ends of ids, so that events are found by them: an index of an expression needs
    // no new column, and rewrites no event. A journal of a development build has such columns from
    // its `overlord-3`; they stay unused.
    Migration(
      "overlord-4",
      sql: """
        DROP INDEX IF EXISTS events_by_subject_end;
        DROP INDEX IF EXISTS events_by_correlation_end;
        CREATE INDEX events_by_subject_end
          ON events ((lower(substr('        ' || subject, length(subject) + 1))));
        CREATE INDEX events_by_correlation_end
          ON events ((lower(substr('        ' || correlation_id, length(correlation_id) + 1))));
        CREATE INDEX events_by_stream_position ON events (stream, position);
        CREATE INDEX events_by_type_stream ON events (type, stream, position);
        """),
    openOrders,
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
  /// The condition of a filter without a search.
  fileprivate var condition: SQL { condition(isNamed: request != nil || subject != nil) }

  /// - Parameter isNamed: whether an id finds the events, of which the index has fewer rows than
  ///   those of types and streams.
  private func condition(isNamed: Bool) -> SQL {
    var condition: SQL = "1 = 1"
    if let request {
      condition = condition + "AND (correlation_id = \(request) OR request_id = \(request))"
    }
    if let subject { condition = condition + "AND subject = \(subject)" }
    if let type { condition = condition + "AND" + Self.equal("type", to: type, isNamed: isNamed) }
    if let stream {
      condition = condition + "AND" + Self.equal("stream", to: stream, isNamed: isNamed)
    }
    return condition
  }

  /// The conditions of which an event meets one: each has an index, whatever was searched.
  fileprivate var conditions: [SQL] {
    guard let search else { return [condition] }
    let isNamed = request != nil || subject != nil
    let types = search.types.map { type in
      condition(isNamed: isNamed) + "AND" + Self.equal("type", to: type, isNamed: isNamed)
    }
    return types + search.ids.map { condition(isNamed: true) + "AND" + $0 }
  }

  /// The comparison of a column, without its index where an id is named.
  private static func equal(_ column: SQL, to value: String, isNamed: Bool) -> SQL {
    column + (isNamed ? "|| '' = \(value)" : "= \(value)")
  }
}

extension EventSearch {
  fileprivate var ids: [SQL] { [subject, correlation, "request_id = \(text)"] }

  fileprivate var subject: SQL { isEnd(of: "subject") }

  fileprivate var correlation: SQL { isEnd(of: "correlation_id") }

  /// Whether the text is the end of a column: its own end is looked up, and the rest compared.
  private func isEnd(of column: SQL) -> SQL {
    let pattern = text.replacing("!", with: "!!").replacing("%", with: "!%")
      .replacing("_", with: "!_")
    return Self.end(of: column) + "=" + Self.end(of: "\(text)") + "AND lower(" + column
      + ") LIKE lower(\("%" + pattern)) ESCAPE '!'"
  }

  /// The last eight characters of a text, as the indexes have them.
  private static func end(of text: SQL) -> SQL {
    "lower(substr('        ' ||" + text + ", length(" + text + ") + 1))"
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

  /// The last events that pass a filter, newest first.
  func lastEvents(_ filter: EventFilter, page: PageRequest<Int64>) throws -> Page<SeenEvent> {
    var found: [Int64: SeenEvent] = [:]
    for condition in filter.conditions {
      let query = "SELECT * FROM events" + page.newestFirst(by: "position", where: condition)
      for event in try rows(query).map(SeenEvent.init) { found[event.position] = event }
    }
    return page.cut(found.values.sorted { $0.position > $1.position }, by: \.position)
  }

  /// The last events that pass a filter, newest first.
  func lastEvents(_ filter: EventFilter = EventFilter(), limit: Int) throws -> [SeenEvent] {
    try lastEvents(filter, page: PageRequest(limit: limit)).items
  }

  /// The event at a position; nil where there is none.
  func event(at position: Int64) throws -> SeenEvent? {
    try row("SELECT * FROM events WHERE position = \(position)").map(SeenEvent.init)
  }

  /// The last event of each piece of work that a text names, the newest first.
  ///
  /// It is named by its Request ID, by its order, or by the end of one of them.
  func works(named search: EventSearch) throws -> [SeenEvent] {
    let text = search.text
    let steps: [SQL] = [
      "correlation_id = \(text)", "request_id = \(text)", "subject = \(text)",
      search.subject, search.correlation,
    ]
    for condition in steps {
      let query = "SELECT * FROM events WHERE" + condition + "ORDER BY position DESC LIMIT 200"
      var known: Set<String> = []
      let found = try rows(query).map(SeenEvent.init).filter {
        known.insert($0.work).inserted
      }
      if !found.isEmpty { return Array(found.prefix(20)) }
    }
    return []
  }
}

extension SeenEvent {
  /// The most events of a piece of work that are shown.
  static var workLimit: Int { 1000 }

  init(_ row: Row) throws {
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
    try run(
      """
      INSERT INTO rates (stream, minute, events)
      VALUES (\(record.topic.stream), \(record.header.committedAt.minute), 1)
      ON CONFLICT (stream, minute) DO UPDATE SET events = rates.events + 1
      """)
    try followOrder(
      envelope.subject, type: record.topic.type, position: try lastPosition(),
      at: record.header.committedAt)
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
