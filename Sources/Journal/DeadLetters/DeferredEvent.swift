import Events
import FoundationEssentials
package import Runtime

/// An event that could not be applied yet, kept whole, with the reason.
struct DeferredEvent {
  typealias State = DeadLetter.State

  let id: Identifier
  /// The event, with the last edit.
  var record: Record
  /// The received body of an edited event; nil without an edit.
  var original: Data?
  let subject: String
  private(set) var state = State.behind
  private(set) var reason = "an earlier event of its subject is deferred"
  private(set) var causes: [String] = []
  private(set) var attempts = 0
  private(set) var dueAt: Timestamp?
  /// Whether it is a dead letter only because its least reader is above what this program reads.
  private(set) var isTooNew = false
  /// The time at which it was deferred.
  let at: Timestamp

  init(_ id: Identifier, record: Record, subject: String, at now: Timestamp) {
    self.id = id
    self.record = record
    at = now
    self.subject = Self.storable(subject)
  }

  init(_ row: Row) throws {
    id = try row.value("id")
    record = try row.record()
    original = try row.value("original")
    subject = try row.value("subject")
    state = try row.value("state")
    reason = try row.value("reason")
    causes = try [String](json: Data(try row.value("causes", as: String.self).utf8))
    attempts = try row.value("attempts")
    dueAt = try row.value("due_at")
    isTooNew = try row.value("too_new")
    at = try row.value("at")
  }
}

// MARK: What becomes of it

extension DeferredEvent {
  /// The pauses between the attempts of a reaction that fails.
  static let backoff = Backoff(first: .milliseconds(500), longest: .seconds(60))
  /// The number of attempts after which a failure is permanent.
  static let maxAttempts = 10

  /// Takes in what its reaction came to, which was not that it is done.
  mutating func take(
    _ outcome: Outcome, isTooNew: Bool = false, causes: [String], at now: Timestamp, random: UInt64
  ) {
    self.causes = causes.map(Self.storable)
    dueAt = nil
    // The attempts of a build that could not read the event do not count for the reaction.
    if self.isTooNew, !isTooNew { attempts = 0 }
    self.isTooNew = isTooNew
    switch outcome {
    case .done: preconditionFailure("what is done is not put aside")
    case .wait(let reason):
      state = .waiting
      self.reason = Self.storable(reason)
    case .retry(let reason):
      attempts += 1
      let isForGood = attempts >= Self.maxAttempts
      state = isForGood ? .dead : .retrying
      self.reason = Self.storable(reason)
      if !isForGood { dueAt = now + Self.backoff.pause(after: attempts, random: random) }
    case .reject(let reason):
      attempts += 1
      state = .dead
      self.reason = Self.storable(reason)
    }
  }

  /// Whether it is tried when its subject has changed.
  ///
  /// - Parameter newest: the newest version of its type that is read; nil for any.
  func mayBeTried(at now: Timestamp, reading newest: UInt16?) -> Bool {
    switch state {
    case .waiting, .behind: true
    case .retrying: dueAt.map { $0 <= now || $0 > now + Self.backoff.limit } ?? false
    case .dead: isTooNew && record.header.leastReader <= newest ?? .max
    }
  }

  /// Replaces the event's data by an edit.
  mutating func edit(_ body: Data) {
    original = original ?? record.body
    record = Record(topic: record.topic, header: record.header, body: body)
    // An edit is followed by a retry of the operator.
    isTooNew = false
  }

  var outcomeKind: EventOutcome.Kind {
    switch state {
    case .waiting: .waiting(reason)
    case .retrying: .retrying(reason, attempt: attempts)
    case .dead: .dead(reason)
    case .behind: .behind
    }
  }

  /// A reason may quote the event, and the database keeps no zero byte.
  private static func storable(_ reason: String) -> String {
    reason.replacing("\0", with: "\u{FFFD}")
  }
}

// MARK: Where it is kept

extension Reader {
  /// The number of dead letters.
  package func deadLetterCount() throws -> Int {
    try value("SELECT count(*) AS value FROM put_aside WHERE state = \(DeferredEvent.State.dead)")
      ?? 0
  }

  /// The number of dead letters of a followed stream.
  package func deadLetterCount(of stream: String) throws -> Int {
    let query: SQL = "SELECT count(*) AS value FROM put_aside WHERE stream = \(stream)"
    return try value(query + "AND state = \(DeferredEvent.State.dead)") ?? 0
  }

  /// Whether an event that failed is due to be tried again.
  package func hasDueRetry(at now: Timestamp) throws -> Bool {
    try !deferredDue(at: now, limit: 1).isEmpty
  }

  /// Whether an earlier event of the subject is deferred.
  ///
  /// A later one may be, where a stream is read again.
  func isHeldBack(_ record: Record, subject: String) throws -> Bool {
    try row(
      """
      SELECT 1 FROM put_aside WHERE subject = \(subject) AND subject <> ''
      AND stream = \(record.topic.stream) AND sequence <= \(record.header.sequence) LIMIT 1
      """) != nil
  }

  /// Whether this event is deferred, or an operator has decided about it.
  func isKnownAside(_ record: Record) throws -> Bool {
    let stream = record.topic.stream
    let header = record.header.bytes
    return try row(
      """
      SELECT 1 FROM put_aside
      WHERE stream = \(stream) AND sequence = \(record.header.sequence) AND header = \(header)
      UNION ALL
      SELECT 1 FROM acts
      WHERE stream = \(stream) AND header = \(header) AND act = \(OperatorAction.Kind.discard) LIMIT 1
      """) != nil
  }

  /// The earliest event of a subject that was deferred, of each stream.
  func firstDeferred(of subject: String) throws -> [DeferredEvent] {
    try rows(
      """
      SELECT * FROM put_aside AS first WHERE subject = \(subject) AND position =
      (SELECT position FROM put_aside WHERE subject = \(subject) AND stream = first.stream
      ORDER BY sequence, position LIMIT 1)
      ORDER BY stream
      """
    ).map(DeferredEvent.init)
  }

  /// The events whose retry after a failure is due: a part of them.
  ///
  /// An event that is due later than the longest pause is due as well: the clock was set back.
  func deferredDue(at now: Timestamp, limit: Int) throws -> [DeferredEvent] {
    try rows(
      """
      SELECT * FROM put_aside WHERE state = \(DeferredEvent.State.retrying)
      AND (due_at <= \(now) OR due_at > \(now + DeferredEvent.backoff.limit))
      ORDER BY due_at, position LIMIT \(limit)
      """
    ).map(DeferredEvent.init)
  }

  /// The events after a position that wait, or were too new: a part of them.
  func waiting(after position: Int64, limit: Int) throws -> [(
    position: Int64, deferred: DeferredEvent
  )] {
    try rows(
      """
      SELECT * FROM put_aside WHERE position > \(position)
      AND (state = \(DeferredEvent.State.waiting) OR too_new = 1) ORDER BY position LIMIT \(limit)
      """
    ).map { (try $0.value("position"), try DeferredEvent($0)) }
  }

  /// Whether any event after a position waits, or was too new.
  package func hasWaiting(after position: Int64 = 0) throws -> Bool {
    try !waiting(after: position, limit: 1).isEmpty
  }
}

extension Transaction {
  /// Whether any event is deferred: one query for a group of work, in place of one for each event.
  func hasDeferred() throws -> Bool {
    if let known = progress.hasDeferred { return known }
    let found = try row("SELECT 1 FROM put_aside LIMIT 1") != nil
    progress.hasDeferred = found
    return found
  }

  func insert(_ deferred: DeferredEvent) throws {
    progress.hasDeferred = true
    let record = deferred.record
    try run(
      """
      INSERT INTO put_aside (id, stream, sequence, subject, topic, header, body, original, state,
      reason, causes, attempts, due_at, too_new, at)
      VALUES (\(deferred.id), \(record.topic.stream), \(record.header.sequence), \(deferred.subject),
      \(record.topic.description), \(record.header.bytes), \(record.body), \(deferred.original),
      \(deferred.state), \(deferred.reason), \(try deferred.causes.text), \(deferred.attempts),
      \(deferred.dueAt), \(deferred.isTooNew), \(deferred.at))
      """)
  }

  func update(_ deferred: DeferredEvent) throws {
    try run(
      """
      UPDATE put_aside SET body = \(deferred.record.body), original = \(deferred.original),
      state = \(deferred.state), reason = \(deferred.reason), causes = \(try deferred.causes.text),
      attempts = \(deferred.attempts), due_at = \(deferred.dueAt), too_new = \(deferred.isTooNew)
      WHERE id = \(deferred.id)
      """)
  }

  func remove(_ deferred: DeferredEvent) throws {
    try run("DELETE FROM put_aside WHERE id = \(deferred.id)")
  }
}

extension [String] {
  fileprivate var text: String {
    get throws { String(decoding: try json(), as: UTF8.self) }
  }
}
