public import Events
import GRDB

/// One transaction over everything that a service keeps.
///
/// Its domain's tables, the events that it emits, and the cursor of the event that it reacts to:
/// all of it is committed, or nothing.
///
/// It is synchronous, and lives as long as the closure that received it.
public final class Transaction: Reader {
  let database: Database
  let reactions: Reactions
  let publishing: Publishing
  let surroundings: Surroundings
  var progress: Progress
  private let headAtStart: Head

  /// What a transaction has come to, and goes back to when a part of it fails.
  struct Progress {
    var head: Head
    /// The subjects whose state changed, for which others may have waited, in the order in which
    /// they did.
    private(set) var changedSubjects: [String] = []
    /// What is to be said of it after the commit.
    var notes: [Note] = []

    mutating func changed(_ subject: String) {
      if !changedSubjects.contains(subject) { changedSubjects.append(subject) }
    }

    mutating func takeChangedSubject() -> String? {
      changedSubjects.isEmpty ? nil : changedSubjects.removeFirst()
    }
  }

  /// The time of the transaction: the same for all that it stores.
  public let now: Timestamp

  /// The clock as it is, by which pauses begin and end.
  ///
  /// ``now`` stands still where the clock was set back, and a pause that ended by it would not end
  /// before the clock has caught up.
  public var wallClock: Timestamp { surroundings.now() }

  init(
    _ database: Database, reactions: Reactions = Reactions(), publishing: Publishing = .undeclared,
    surroundings: Surroundings
  ) throws {
    self.database = database
    self.reactions = reactions
    self.publishing = publishing
    self.surroundings = surroundings
    headAtStart = try Snapshot(database: database).head()
    progress = Progress(head: headAtStart)
    now = max(surroundings.now(), headAtStart.committedAt)
  }

  /// All rows of an answer, this transaction's own changes included.
  public func rows(_ query: SQL) throws -> [Row] {
    try database.rows(query)
  }

  /// Runs a statement that answers nothing.
  public func run(_ command: SQL) throws {
    try database.run(command)
  }

  /// A new identifier for something that this transaction creates.
  public func identifier() -> Identifier {
    Identifier(at: now, random: surroundings.random())
  }

  /// The version in which an event is published now: the newest, or an older one that is pinned.
  public func publishedVersion(of event: (some Event).Type) -> UInt16 {
    publishing.version(of: event)
  }

  /// Appends an event to the log in the version that is published, to be heard after the commit
  /// and only then.
  ///
  /// - Parameters:
  ///   - event: what happened.
  ///   - correlation: the work that it belongs to.
  /// - Returns: the event's id, for what it causes in its turn.
  /// - Throws: `UnwritableEvent` when it is too large, `UnsayableFact` when the pinned version
  ///   cannot say it, ``HistoryLost``, or the journal's own failure.
  @discardableResult
  public func emit(_ event: some Event, _ correlation: Correlation) throws -> Identifier {
    try requireHistory()
    return try append(try publishing.payload(for: event), about: event.subject, correlation)
  }

  private func append(_ data: some Payload, about subject: String, _ correlation: Correlation)
    throws -> Identifier
  {
    let head = progress.head
    let envelope = Envelope(
      id: identifier(), stream: head.stream, subject: subject,
      time: max(now, Timestamp(microseconds: head.committedAt.microseconds + 1)),
      sequence: head.sequence + 1, correlation: correlation, data: data)
    let record = try Record(envelope, after: head)
    try run(
      """
      INSERT INTO log (sequence, topic, header, body) VALUES (\(envelope.sequence),
      \(record.topic.description), \(record.header.bytes), \(record.body))
      """)
    progress.head.sequence = envelope.sequence
    progress.head.chain = record.header.chain
    progress.head.committedAt = envelope.time
    progress.changed(subject)
    progress.notes.append(Note(.emitted, envelope, record.topic))
    return envelope.id
  }

  /// What every transaction does last: events that waited for what it changed are applied, and
  /// the head is stored.
  func finish() throws {
    try applyWaiting()
    let head = progress.head
    guard head != headAtStart else { return }
    try run(
      """
      UPDATE journal SET sequence = \(head.sequence), chain = \(head.chain),
      committed_at = \(head.committedAt), lost = \(head.lost) WHERE id = 1
      """)
  }

  /// Runs a part of the transaction that may fail alone: what it did is then undone, the events
  /// that it emitted included.
  func attempt<Value>(_ part: () throws -> (Value, keep: Bool)) throws -> Value {
    let before = progress
    var outcome: (value: Value, keep: Bool)?
    defer { if outcome?.keep != true { progress = before } }
    try database.inSavepoint {
      outcome = try part()
      return outcome?.keep == true ? .commit : .rollback
    }
    guard let outcome else { preconditionFailure("a savepoint runs its closure once") }
    return outcome.value
  }
}
