public import Events
public import Runtime
import Synchronization

/// A service's one database: its domain's tables, its event log (the outbox), its cursors (the
/// inbox) and its deferred events, with one transaction for all.
///
/// A result of ``write(_:)`` is on disk: a later crash or power cut does not undo it. Nothing is
/// published or answered before.
public final class ServiceJournal: Sendable {
  /// The place of a journal.
  public enum Place: Sendable {
    /// A file, made when it is missing.
    case file(String)
    /// Memory, gone with the journal.
    case memory
    /// Memory that outlives the journal, for simulations.
    case store(MemoryStore)
    /// A database of PostgreSQL.
    case postgreSQL(PostgreSQLPlace)

    /// Whether other processes of the service may have it open too.
    var isShared: Bool {
      if case .postgreSQL(let place) = self { place.replica != nil } else { false }
    }
  }

  /// The service, after which its stream is named.
  public let stream: String
  /// The events that the service emits, and the version of each.
  package let publishing: Publishing
  /// The service's reactions to events.
  package let reactions: Reactions
  /// The consumers for which the log keeps its events, and the users that may acknowledge for them.
  package let expected: ExpectedConsumers
  /// The changes of this start to the registered consumers.
  package let registration: ConsumerRegistration
  let place: Place
  let engine: any Engine
  let runtime: RuntimeContext
  /// Takes each commit on the writer's thread.
  let report: @Sendable (Commit) -> Void
  /// The thread of the commits, for tasks that commit what they do.
  package let writer = WriterThread()
  let state = Mutex(State())
  /// The clock by which ages are measured.
  let clock: JournalClock
  /// What all transactions have in common.
  let context: Transaction.Context

  struct State {
    var commitReaders = SequenceReaders<Commit>()
    /// The readers of the commits of other replicas.
    var foreignReaders = SequenceReaders<Void>()
    /// The state after the last transaction, and the version of the data before it.
    var known: (end: Transaction.Beginning, since: UInt32)?
    /// The events that the publisher has not taken yet.
    var tail = CommittedTail()
    /// The number of groups that are still run with savepoints from the start.
    var carefulGroups = 0
    /// Work that waits for the next commit.
    var commits = GroupCommit<any GroupWork>()
    /// The obstacles to writing and reading now.
    var obstacles: [Obstacle.Work: Obstacle] = [:]
    /// The time of the last report of each kind of obstacle.
    var reportedObstacles: [Obstacle.Kind: Duration] = [:]
    var obstacleReaders = SequenceReaders<Obstacle.Change>()
    /// As ``Head/lost`` is after the last commit.
    var lost: String?
    /// As ``Head/committedAt`` is after the last commit.
    var lastCommit = Timestamp(microseconds: 0)
    var log = LogFile()
    var isClosed = false
    var failure: JournalError?
    var failureReaders = SequenceReaders<JournalError>()
  }

  /// Opens a journal, or makes it, and brings it to the present design.
  ///
  /// One durable commit is made before it returns. A kill between a write and its sync leaves
  /// commits that are readable and not on disk; they must be on disk before they are published.
  ///
  /// - Parameters:
  ///   - place: the place of the journal.
  ///   - service: the service to which it belongs; the stream has the same name.
  ///   - migrations: the design of the service's own tables.
  ///   - reactions: the service's reactions to events.
  ///   - publishing: the events that the service emits, and the version of each.
  ///   - consumers: the consumers of the configuration. The registered consumers are changed to
  ///     match; nil leaves them unchanged.
  ///   - runtime: clock and randomness.
  /// - Throws: ``JournalError`` that names the file and the remedy.
  public convenience init(
    _ place: Place, of service: String, migrations: [Migration] = [],
    reactions: Reactions = Reactions(), publishing: Publishing = .undeclared,
    expecting consumers: ExpectedConsumers? = nil, runtime: RuntimeContext
  ) throws {
    try self.init(
      place, of: service, migrations: migrations, reactions: reactions, publishing: publishing,
      expecting: consumers, runtime: runtime, reporting: { _ in })
  }

  /// Opens a journal as the other initializer does, with the one that takes each commit.
  ///
  /// - Parameter report: called after each commit, in the order of the commits, on the writer's
  ///   thread, before the commit is answered: what a log says of a command is written when its
  ///   caller has the answer. It must not write. Readers that come and go use
  ///   ``commits(buffering:)``.
  package init(
    _ place: Place, of service: String, migrations: [Migration] = [],
    reactions: Reactions = Reactions(), publishing: Publishing = .undeclared,
    expecting consumers: ExpectedConsumers? = nil, runtime: RuntimeContext,
    reporting report: @escaping @Sendable (Commit) -> Void
  ) throws {
    self.place = place
    self.report = report
    stream = service
    self.reactions = reactions
    self.publishing = publishing
    self.runtime = runtime
    do {
      let migrations = journalMigrations + migrations
      try place.inspect(for: service, migrations)
      try place.refuseIfEmptied(service)
      engine = try place.open(knowing: migrations)
      try engine.migrate(migrations)
      let (head, proven) = try Self.begin(service, in: engine, runtime: runtime)
      clock = JournalClock(runtime, proven: proven)
      context = Transaction.Context(
        reactions: reactions, publishing: publishing, isShared: place.isShared, runtime: runtime,
        clock: clock)
      // Before the consumers: a start that fails here is tried again, and would not report the
      // removed consumers.
      try place.markFounded(service)
      (registration, expected) = try Self.register(
        consumers, keepingOthers: place.isShared, in: engine, runtime: runtime)
      state.withLock { state in
        state.lost = head.lost
        state.lastCommit = head.committedAt
      }
    } catch {
      throw JournalError.opening(place.name, cause: error)
    }
    engine.onForeignCommit { [weak self] in self?.noticeForeignCommit() }
  }

  /// Makes the journal's own row when there is none, and the first durable commit of this start.
  ///
  /// - Returns: the end of the log, and the last time that the log proves.
  private static func begin(
    _ service: String, in engine: any Engine, runtime: RuntimeContext
  ) throws -> (head: Head, proven: Timestamp?) {
    try engine.write { connection in
      if try connection.owner == nil {
        try connection.found(service, epoch: Epoch(runtime.random()))
      }
      try connection.countStart()
      let snapshot = Snapshot(connection: connection)
      return (try snapshot.head(), try snapshot.provenTime())
    }
  }

  /// Makes the registered consumers match the configuration.
  private static func register(
    _ consumers: ExpectedConsumers?, keepingOthers keepsOthers: Bool, in engine: any Engine,
    runtime: RuntimeContext
  ) throws -> (ConsumerRegistration, ExpectedConsumers) {
    try engine.write { connection in
      let transaction = try Transaction(connection, in: .init(runtime: runtime))
      guard let consumers else {
        return (ConsumerRegistration(), ExpectedConsumers(try transaction.consumers().map(\.name)))
      }
      return (try transaction.register(consumers, keepingOthers: keepsOthers), consumers)
    }
  }

  /// Closes the database, after which nothing can be read or written.
  ///
  /// It waits for work that has begun. Work that has not fails with ``JournalError/Code/closed``.
  ///
  /// All of it is then in its one file, and a copy of that file after a clean stop is whole. A store
  /// in memory stays open for the next journal.
  public func close() throws {
    engine.onForeignCommit(nil)
    if case .store = place { return }
    state.withLock { $0.isClosed = true }
    try engine.close()
  }

  /// The name of the journal from the beginning of its close on; nil before.
  var nameWhileClosing: String? {
    state.withLock(\.isClosed) ? place.name : nil
  }
}
