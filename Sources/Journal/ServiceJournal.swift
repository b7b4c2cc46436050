import Dispatch
public import Events
import GRDB
import Synchronization

/// A service's one database: its domain's tables, its event log (the outbox), its cursors (the
/// inbox) and the events that it put aside; one transaction over them all.
///
/// What ``write(_:)`` answered is on disk: a later crash or power cut takes nothing of it. Nothing
/// is published or answered before.
public final class ServiceJournal: Sendable {
  /// Where a journal is kept.
  public enum Place: Sendable {
    /// A file, made when it is missing.
    case file(String)
    /// Memory, gone with the journal.
    case memory
    /// Memory that outlives the journal, for simulations.
    case store(MemoryStore)
  }

  /// What a commit brought, told to observers after it.
  public struct Commit: Sendable {
    /// The end of the log.
    public let head: Head
    /// What happened to events.
    public let notes: [Note]
  }

  /// The service, after which its stream is named.
  public let stream: String
  /// The events that the service emits, and the version of each.
  public let publishing: Publishing
  /// What the service does on hearing of events.
  public let reactions: Reactions
  /// The consumers for which the log keeps its events, and the users that speak for them.
  public let expected: ExpectedConsumers
  /// What this start changed about the registered consumers.
  public let registration: ConsumerRegistration
  private let place: Place
  private let database: any DatabaseWriter
  private let surroundings: Surroundings
  private let writer = DispatchQueue(label: "eventually.journal.writer")
  private let state = Mutex(State())

  private struct State {
    var observers: [@Sendable (Commit) -> Void] = []
    /// Work that waits for the next commit, in the order in which it came.
    var waiting: [any GroupWork] = []
    var failure: JournalError?
    var failureWaiters: [AsyncStream<JournalError>.Continuation] = []
  }

  /// Opens a journal, or makes it, and brings it to the present design.
  ///
  /// One durable commit is made before it returns: a kill between a write and its sync leaves
  /// commits that look whole and are not on disk, and they must be before they are heard.
  ///
  /// - Parameters:
  ///   - place: where it is kept.
  ///   - service: whose it is; the stream has the same name.
  ///   - migrations: the design of the service's own tables.
  ///   - reactions: what the service does on hearing of events.
  ///   - publishing: the events that the service emits, and the version of each.
  ///   - consumers: the consumers of the configuration, to which the registered ones are made to
  ///     match; nil leaves the registered ones as they are.
  ///   - surroundings: clock and randomness.
  /// - Throws: ``JournalError`` that names the file and the remedy.
  public init(
    _ place: Place, of service: String, migrations: [Migration] = [],
    reactions: Reactions = Reactions(), publishing: Publishing = .undeclared,
    expecting consumers: ExpectedConsumers? = nil, surroundings: Surroundings
  ) throws {
    self.place = place
    stream = service
    self.reactions = reactions
    self.publishing = publishing
    self.surroundings = surroundings
    do {
      let migrations = journalMigrations + migrations
      try place.inspect(for: service, migrations)
      database = try place.open()
      try migrations.migrator.migrate(database)
      (registration, expected) = try Self.begin(
        service, in: database, expecting: consumers, surroundings)
    } catch {
      throw JournalError.opening(place.name, error)
    }
  }

  /// Makes the journal's own row when there is none, and the first durable commit of this start.
  private static func begin(
    _ service: String, in database: any DatabaseWriter, expecting consumers: ExpectedConsumers?,
    _ surroundings: Surroundings
  ) throws -> (ConsumerRegistration, ExpectedConsumers) {
    try database.write { database in
      if try database.owner == nil {
        try database.found(service, epoch: Epoch(surroundings.random()))
      }
      try database.run("UPDATE journal SET starts = starts + 1 WHERE id = 1")
      let transaction = try Transaction(database, surroundings: surroundings)
      guard let consumers else {
        return (ConsumerRegistration(), ExpectedConsumers(try transaction.consumers().map(\.name)))
      }
      return (try transaction.register(consumers), consumers)
    }
  }

  /// Closes the database, after which nothing can be read or written.
  ///
  /// All of it is then in its one file: who copies that after a clean stop has it whole. A store in
  /// memory stays open for the next journal.
  public func close() throws {
    if case .store = place { return }
    // By itself SQLite does so at the last close, which in a pool is a reader's, who may not.
    _ = try? database.writeWithoutTransaction { try $0.checkpoint(.truncate) }
    try database.close()
  }
}

// MARK: Reading and writing

extension ServiceJournal {
  /// Runs work in a transaction, commits it, and then tells the observers.
  ///
  /// The caller's thread waits; an observer and other work must not call it.
  ///
  /// - Throws: whatever the work threw, nothing being changed; or ``JournalError`` when the
  ///   commit itself failed, after which the journal accepts no work any more.
  @discardableResult
  public func commit<Value>(_ work: (Transaction) throws -> Value) throws -> Value {
    dispatchPrecondition(condition: .notOnQueue(writer))
    return try writer.sync { try perform(work) }
  }

  /// One commit after another, its observers before the next one, so that they hear in order and
  /// nothing is committed after a failure.
  private func perform<Value>(_ work: (Transaction) throws -> Value) throws -> Value {
    try inOneCommit { database, notes in
      let transaction = try begin(in: database)
      let value = try work(transaction)
      try transaction.finish()
      notes += transaction.progress.notes
      return value
    }
  }

  private func inOneCommit<Value>(
    _ work: (Database, inout [Note]) throws -> Value
  ) throws -> Value {
    if let failure = state.withLock({ $0.failure }) { throw failure }
    var committing = false
    do {
      let (value, commit) = try database.write { database in
        var notes: [Note] = []
        let value = try work(database, &notes)
        let commit = Commit(head: try Snapshot(database: database).head(), notes: notes)
        committing = true
        return (value, commit)
      }
      for observer in state.withLock({ $0.observers }) { observer(commit) }
      return value
    } catch  where committing || JournalError.isOwnFailure(error) {
      throw fail(error)
    }
  }

  private func begin(in database: Database) throws -> Transaction {
    try Transaction(
      database, reactions: reactions, publishing: publishing, surroundings: surroundings)
  }

  /// Runs work in a transaction and answers after the commit.
  ///
  /// What is asked for while a commit is under way shares the next one, so that groups form by
  /// themselves under load, and nobody waits when there is none. Each piece of work fails alone,
  /// and every answer waits for the commit, refusals too: they may rest on what the group decided.
  ///
  /// It runs on the journal's own queue, where the cancellation of the caller's task does not
  /// reach: an interrupt would roll the whole transaction back.
  @discardableResult
  public func write<Value: Sendable>(
    _ work: @escaping @Sendable (Transaction) throws -> Value
  ) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      let isFirst = state.withLock { state in
        state.waiting.append(WaitingWork(work, continuation))
        return state.waiting.count == 1
      }
      if isFirst { writer.async { self.performGroup() } }
    }
  }

  /// So many pieces of work share a commit at most, so that none waits for too many others.
  private static var maxGroup: Int { 128 }

  private func performGroup() {
    let (group, isMore) = state.withLock { state in
      let group = Array(state.waiting.prefix(Self.maxGroup))
      state.waiting.removeFirst(group.count)
      return (group, !state.waiting.isEmpty)
    }
    do {
      try inOneCommit { database, notes in
        for work in group {
          notes += try work.perform { try begin(in: database) }
        }
      }
      for work in group { work.answer(nil) }
    } catch {
      for work in group { work.answer(error) }
    }
    if isMore { writer.async { self.performGroup() } }
  }

  /// Reads what was committed, in one snapshot.
  public func read<Value>(_ query: (Snapshot) throws -> Value) throws -> Value {
    do {
      return try database.read { try query(Snapshot(database: $0)) }
    } catch {
      throw JournalError.reading(error)
    }
  }

  /// Reads what was committed, in one snapshot, without blocking the caller's thread.
  public func read<Value: Sendable>(
    _ query: @escaping @Sendable (Snapshot) throws -> Value
  ) async throws -> Value {
    do {
      return try await database.read { try query(Snapshot(database: $0)) }
    } catch {
      throw JournalError.reading(error)
    }
  }

  /// Calls the observer after every commit, in the order of the commits, on the writer's thread.
  public func observe(_ observer: @escaping @Sendable (Commit) -> Void) {
    state.withLock { $0.observers.append(observer) }
  }
}

// MARK: Failure

extension ServiceJournal {
  /// Waits until a commit fails, which ends the daemon: what is in memory may no longer be what
  /// is on disk, and only a new start can tell.
  public func failure() async -> JournalError? {
    let (failures, continuation) = AsyncStream.makeStream(of: JournalError.self)
    let known = state.withLock { state in
      if state.failure == nil { state.failureWaiters.append(continuation) }
      return state.failure
    }
    if let known { return known }
    return await failures.first { _ in true }
  }

  private func fail(_ error: any Error) -> JournalError {
    let failure =
      error as? JournalError
      ?? JournalError(
        .commit,
        """
        the journal could not commit (\(error)). Check the space and the health of its disk; the \
        service stops, and goes on from its last commit when it is started again.
        """, cause: error)
    let waiters = state.withLock { state in
      state.failure = state.failure ?? failure
      defer { state.failureWaiters = [] }
      return state.failureWaiters
    }
    for waiter in waiters { waiter.yield(failure) }
    return failure
  }
}
