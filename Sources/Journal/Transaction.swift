public import Events
public import Runtime

/// One transaction over everything that a service keeps.
///
/// Its domain's tables, the events that it emits, and the cursor of the event that it reacts to:
/// all of it is committed, or nothing.
///
/// It is synchronous, and usable only within the closure that received it.
public final class Transaction: Reader {
  private let connection: any Connection
  private let context: Context
  private let undoing: Undoing
  var progress: Progress
  /// Whether a part failed that only the rollback of the whole transaction undoes.
  private(set) var needsSavepoints = false
  private var isOver = false
  /// The work that began here.
  private var begun: Correlation?

  /// What all transactions of a journal have in common.
  final class Context: Sendable {
    let reactions: Reactions
    let publishing: Publishing
    /// Whether replicas of other versions may use the journal too.
    let isShared: Bool
    let runtime: RuntimeContext
    /// The time by which ages are measured; nil for the wall clock's.
    let clock: JournalClock?

    init(
      reactions: Reactions = Reactions(), publishing: Publishing = .undeclared,
      isShared: Bool = false, runtime: RuntimeContext, clock: JournalClock? = nil
    ) {
      self.reactions = reactions
      self.publishing = publishing
      self.isShared = isShared
      self.runtime = runtime
      self.clock = clock
    }
  }

  var reactions: Reactions { context.reactions }
  var isShared: Bool { context.isShared }
  var runtime: RuntimeContext { context.runtime }

  /// The progress of a transaction, restored when a part of it fails.
  struct Progress {
    var head: Head
    /// Whether any event is deferred; nil while that was not looked up.
    ///
    /// It stays true in a transaction in which the last one is settled.
    var hasDeferred: Bool?
    /// The topic of the last event that was emitted.
    var topic: Topic?
    /// The subjects whose state changed, for which others may have waited, in the order in which
    /// they did.
    private(set) var changedSubjects: [String] = []
    /// The outcomes to report after the commit.
    var outcomes: [EventOutcome] = []
    /// The events that were emitted.
    var records: [Record] = []

    /// The state for the next piece of work in the same transaction.
    var beginning: Beginning {
      Beginning(head: head, hasDeferred: hasDeferred, topic: topic)
    }

    /// A subject's state has changed; nothing waits for that while no event is deferred.
    mutating func changed(_ subject: String) {
      if hasDeferred == false { return }
      if !changedSubjects.contains(subject) { changedSubjects.append(subject) }
    }

    mutating func takeChangedSubject() -> String? {
      changedSubjects.isEmpty ? nil : changedSubjects.removeFirst()
    }
  }

  /// The journal's state when a piece of work begins.
  struct Beginning: Sendable {
    /// The end of the log.
    var head: Head
    /// As ``Progress/hasDeferred``.
    var hasDeferred: Bool?
    /// As ``Progress/topic``.
    var topic: Topic?

    /// What of it is true for the next transaction too.
    var known: Beginning {
      Beginning(head: head, hasDeferred: hasDeferred == false ? false : nil, topic: topic)
    }
  }

  /// The work that the emitted events belong to.
  ///
  /// It is `Correlation.current`: that of the request that is decided, the consequence of the event
  /// that is applied, or that of the task that writes. Without any of these, it begins here.
  public var work: Correlation {
    if let work = Correlation.current ?? begun { return work }
    let work = Correlation.beginning(in: runtime)
    begun = work
    return work
  }

  /// The time of the transaction: the same for all that it stores.
  public let now: Timestamp

  /// The present time of the clock, by which pauses begin and end.
  ///
  /// ``now`` does not advance after the clock was set back, until the clock has caught up. A pause
  /// measured by it would not end before.
  package var wallClock: Timestamp { runtime.now() }

  /// Runs a part whose changes are no news for other replicas.
  func quietly<Value>(_ part: () throws -> Value) throws -> Value { try open.quietly(part) }

  /// The present time of the database's own clock, where several machines may write to it; else nil.
  func sharedClock() throws -> Timestamp? { try open.sharedClock() }

  /// The time by which ages are measured, for data that is removed when it is old.
  ///
  /// It is that of the clock, unless the clock has jumped: a clock that is wrong for a moment must
  /// remove nothing. ``now`` is for times that are stored and shown.
  public var trustedNow: Timestamp { context.clock?.look() ?? runtime.now() }

  /// A transaction, or a piece of work in one that it shares with others.
  ///
  /// - Parameters:
  ///   - connection: inside a transaction.
  ///   - beginning: the journal's state, where it is known.
  ///   - undoing: how a part that fails is undone.
  ///   - context: what it has in common with the journal's others.
  init(
    _ connection: any Connection, after beginning: Beginning? = nil,
    undoing: Undoing = .bySavepoints, in context: Context
  ) throws {
    self.connection = connection
    self.context = context
    self.undoing = undoing
    let head = try beginning?.head ?? Snapshot(connection: connection).head()
    progress = Progress(
      head: head, hasDeferred: beginning?.hasDeferred, topic: beginning?.topic)
    now = max(context.runtime.now(), head.committedAt)
  }

  /// All rows of a result, this transaction's own changes included.
  public func rows(_ query: SQL) throws -> [Row] {
    try open.rows(query)
  }

  /// Runs a statement without a result.
  public func run(_ command: SQL) throws {
    try open.run(command)
  }

  /// The connection, within the closure that received the transaction.
  private var open: any Connection {
    precondition(!isOver, "a transaction is used only within its closure")
    return connection
  }

  /// Ends the use of this transaction.
  func end() {
    isOver = true
  }

  /// The end of the log, with the events that this transaction emitted.
  ///
  /// It is stored once, at the end of the transaction.
  package func head() throws -> Head { progress.head }

  /// A new identifier for something that this transaction creates.
  public func identifier() -> Identifier {
    Identifier(at: now, random: runtime.random())
  }

  /// The version in which an event is published now: the newest, or an older one that is pinned.
  public func publishedVersion(of event: (some Event).Type) -> UInt16 {
    context.publishing.version(of: event)
  }

  /// Appends an event to the log in the published version.
  ///
  /// It is published after the commit.
  ///
  /// - Parameters:
  ///   - event: the event.
  ///   - correlation: the work to which it belongs: ``work``, unless another request began it.
  /// - Returns: the event's id, for events that it causes.
  /// - Throws: `UnwritableEvent` when it is too large, `UnsayableFact` when the pinned version
  ///   cannot express it, ``HistoryLost``, or the journal's own failure.
  @discardableResult
  public func emit(_ event: some Event, correlation: Correlation? = nil) throws -> Identifier {
    try requireHistory()
    let work = correlation ?? work
    if let older = try context.publishing.older(event) {
      return try append(older, about: event.subject, correlation: work)
    }
    return try append(event, about: event.subject, correlation: work)
  }

  private func append<Content: Payload>(
    _ data: Content, about subject: String, correlation: Correlation
  ) throws -> Identifier {
    let head = progress.head
    let schema = Content.schema
    let attributes = EventAttributes(
      id: identifier(), stream: head.stream, subject: subject,
      time: max(now, Timestamp(microseconds: head.committedAt.microseconds + 1)),
      sequence: head.sequence + 1, schema: schema, correlation: correlation)
    let record = Record(
      attributes, schema: schema, body: try attributes.body(with: data), after: head,
      sharing: progress.topic)
    try run(.appending(record))
    progress.topic = record.topic
    progress.head.advance(to: record.header)
    progress.changed(subject)
    progress.records.append(record)
    progress.outcomes.append(EventOutcome(.emitted, record: record, attributes: attributes))
    return attributes.id
  }

  /// Applies the events that waited for what this transaction changed.
  func finish() throws {
    try retryDeferred()
    // Without savepoints, the end of the group finds it.
    if undoing == .bySavepoints { try open.requireSound() }
  }
}

// MARK: Parts that fail alone

/// The way to undo a failed part of a transaction.
enum Undoing {
  /// The part alone: it runs in a savepoint.
  case bySavepoints
  /// The whole transaction, which is then run again with savepoints.
  case byRollback
}

/// A part failed in a transaction without savepoints.
///
/// The transaction is rolled back, and its work runs again with savepoints.
struct NeedsSavepoints: Error {}

extension Transaction {
  /// Runs a part of the transaction that may fail alone: its changes are then undone, with the
  /// events that it emitted.
  func attempt<Value>(_ part: () throws -> (value: Value, keep: Bool)) throws -> Value {
    switch undoing {
    case .bySavepoints: try attemptInSavepoint(part)
    case .byRollback: try attemptOnce(part)
    }
  }

  private func attemptInSavepoint<Value>(
    _ part: () throws -> (value: Value, keep: Bool)
  ) throws -> Value {
    let before = progress
    var isKept = false
    defer { if !isKept { progress = before } }
    var keeps = false
    let value = try open.undoable {
      let outcome = try part()
      keeps = outcome.keep
      return outcome
    }
    isKept = keeps
    return value
  }

  private func attemptOnce<Value>(
    _ part: () throws -> (value: Value, keep: Bool)
  ) throws -> Value {
    do {
      let outcome = try part()
      if outcome.keep { return outcome.value }
    } catch  where !JournalError.isOfTheWork(error) {
      throw error
    } catch {
      // Undone with the transaction.
    }
    needsSavepoints = true
    throw NeedsSavepoints()
  }
}
