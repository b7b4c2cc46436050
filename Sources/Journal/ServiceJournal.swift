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
  }

  /// What a commit brought, told to observers after it.
  public struct Commit: Sendable {
    /// The end of the log.
    public let head: Head
    /// What happened to events.
    public let notes: [Note]
  }

  private let database: any DatabaseWriter
  private let reactions: Reactions
  private let surroundings: Surroundings
  private let writer = DispatchQueue(label: "eventually.journal.writer")
  private let state = Mutex(State())

  private struct State {
    var observers: [@Sendable (Commit) -> Void] = []
    var failure: JournalError?
    var onFailure: (@Sendable (JournalError) -> Void)?
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
  ///   - consumers: who is expected to follow, registered when the journal is made.
  ///   - surroundings: clock and randomness.
  /// - Throws: ``JournalError`` that names the file and the remedy.
  public init(
    _ place: Place, of service: String, migrations: [Migration] = [],
    reactions: Reactions = Reactions(), expecting consumers: [String] = [],
    surroundings: Surroundings
  ) throws {
    let path =
      switch place {
      case .file(let path): path
      case .memory: "the journal in memory"
      }
    do {
      database = try place.open()
      try (journalMigrations + migrations).migrate(database, at: path)
    } catch {
      throw JournalError.opening(path, error)
    }
    self.reactions = reactions
    self.surroundings = surroundings
    try begin(service, at: path, expecting: consumers)
  }

  /// Makes the journal's own row when there is none, and the first durable commit of this start.
  private func begin(_ service: String, at path: String, expecting consumers: [String]) throws {
    let owner = try read { try $0.value("SELECT service AS value FROM journal", as: String.self) }
    if let owner, owner != service {
      throw JournalError(
        .foreign,
        "\(path) is the journal of \(owner), not of \(service). Name the right state folder.")
    }
    try database.write { database in
      if owner == nil { try database.found(service, epoch: Epoch(surroundings.random())) }
      try database.run("UPDATE journal SET starts = starts + 1 WHERE id = 1")
    }
    if owner == nil { try commit { try $0.expect(consumers) } }
  }

  /// Closes the database. Nothing can be read or written afterwards.
  public func close() throws {
    try database.close()
  }
}

// MARK: Reading and writing

extension ServiceJournal {
  /// Runs work in a transaction, commits it, and then tells the observers.
  ///
  /// - Throws: whatever the work threw, nothing being changed; or ``JournalError`` when the
  ///   commit itself failed, after which the journal accepts no work any more.
  @discardableResult
  public func commit<Value>(_ work: (Transaction) throws -> Value) throws -> Value {
    if let failure = state.withLock({ $0.failure }) { throw failure }
    var committing = false
    do {
      let (value, commit) = try database.write { database in
        let transaction = try Transaction(
          database, reactions: reactions, surroundings: surroundings)
        let value = try work(transaction)
        try transaction.finish()
        committing = true
        let progress = transaction.progress
        return (value, Commit(head: progress.head, notes: progress.notes))
      }
      for observer in state.withLock({ $0.observers }) { observer(commit) }
      return value
    } catch where committing || JournalError.isOwnFailure(error) {
      throw fail(error)
    }
  }

  /// Runs work in a transaction and answers after the commit.
  ///
  /// It runs on the journal's own queue, where the cancellation of the caller's task does not
  /// reach: an interrupt would roll the whole transaction back.
  public func write<Value: Sendable>(
    _ work: @escaping @Sendable (Transaction) throws -> Value
  ) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      writer.async {
        continuation.resume(with: Result { try self.commit(work) })
      }
    }
  }

  /// Reads what was committed, in one snapshot.
  public func read<Value>(_ query: (Snapshot) throws -> Value) throws -> Value {
    try database.read { try query(Snapshot(database: $0)) }
  }

  /// Reads what was committed, in one snapshot, without blocking the caller's thread.
  public func read<Value: Sendable>(
    _ query: @escaping @Sendable (Snapshot) throws -> Value
  ) async throws -> Value {
    try await database.read { try query(Snapshot(database: $0)) }
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
      state.onFailure = { continuation.yield($0) }
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
    let report = state.withLock { state in
      state.failure = state.failure ?? failure
      return state.onFailure
    }
    report?(failure)
    return failure
  }
}

extension ServiceJournal.Place {
  /// Opens the database so that a commit is on disk when it returns.
  fileprivate func open() throws -> any DatabaseWriter {
    var configuration = Configuration()
    configuration.label = "eventually.journal"
    configuration.busyMode = .timeout(5)
    switch self {
    case .memory: return try DatabaseQueue(configuration: configuration)
    case .file(let path):
      let pool = try DatabasePool(path: path, configuration: configuration)
      // A pool sets NORMAL once it is open, whatever was prepared before.
      try pool.writeWithoutTransaction { database in
        try database.execute(sql: "PRAGMA synchronous = FULL")
        let level = try Int.fetchOne(database, sql: "PRAGMA synchronous")
        precondition(level == 2, "SQLite did not take synchronous = FULL")
      }
      return pool
    }
  }
}

extension Database {
  /// Makes the journal's own row: an empty log with a history of its own.
  fileprivate func found(_ service: String, epoch: Epoch) throws {
    try run(
      """
      INSERT INTO journal (id, service, epoch, sequence, chain, committed_at, floor, starts)
      VALUES (1, \(service), \(epoch), 0, \(Chain.zero), 0, 1, 0)
      """)
    try run(
      "INSERT INTO lineage (epoch, sequence, chain) VALUES (\(epoch), 0, \(Chain.zero))")
  }
}
