import Dispatch
public import Events
public import Runtime
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

  /// The service, after which its stream is named.
  public let stream: String
  /// The events that the service emits, and the version of each.
  package let publishing: Publishing
  /// What the service does on hearing of events.
  package let reactions: Reactions
  /// The consumers for which the log keeps its events, and the users that may acknowledge for them.
  package let expected: ExpectedConsumers
  /// The changes of this start to the registered consumers.
  package let registration: ConsumerRegistration
  let place: Place
  let engine: any Engine
  let runtime: RuntimeContext
  let writer = DispatchQueue(label: "eventually.journal.writer")
  let state = Mutex(State())

  struct State {
    var observers = CommitObservers()
    /// The events that the publisher has not taken yet.
    var tail = CommittedTail()
    /// How many groups are still run with savepoints from the start.
    var carefulGroups = 0
    /// Work that waits for the next commit.
    var commits = GroupCommit<any GroupWork>()
    /// The obstacles to writing and reading now.
    var obstacles: [Obstacle.Work: Obstacle] = [:]
    /// When each kind of obstacle was told last.
    var told: [Obstacle.Kind: Duration] = [:]
    var obstacleObservers: [@Sendable (Obstacle.Change) -> Void] = []
    /// As ``Head/lost`` is after the last commit.
    var lost: String?
    var log = LogFile()
    var isClosed = false
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
  ///   - runtime: clock and randomness.
  /// - Throws: ``JournalError`` that names the file and the remedy.
  public init(
    _ place: Place, of service: String, migrations: [Migration] = [],
    reactions: Reactions = Reactions(), publishing: Publishing = .undeclared,
    expecting consumers: ExpectedConsumers? = nil, runtime: RuntimeContext
  ) throws {
    self.place = place
    stream = service
    self.reactions = reactions
    self.publishing = publishing
    self.runtime = runtime
    do {
      let migrations = journalMigrations + migrations
      try place.inspect(for: service, migrations)
      try place.refuseIfEmptied(service)
      engine = try place.open()
      try engine.migrate(migrations)
      let lost = try Self.begin(service, in: engine, runtime: runtime)
      // Before the consumers: a start that fails here is tried again, and would say nothing of
      // those that were removed.
      try place.markFounded(service)
      (registration, expected) = try Self.register(consumers, in: engine, runtime: runtime)
      state.withLock { $0.lost = lost }
    } catch {
      throw JournalError.opening(place.name, cause: error)
    }
  }

  /// Makes the journal's own row when there is none, and the first durable commit of this start.
  ///
  /// - Returns: how a part of the history was found to be lost; nil while none was.
  private static func begin(
    _ service: String, in engine: any Engine, runtime: RuntimeContext
  ) throws -> String? {
    try engine.write { connection in
      if try connection.owner == nil {
        try connection.found(service, epoch: Epoch(runtime.random()))
      }
      try connection.countStart()
      return try Snapshot(connection: connection).head().lost
    }
  }

  /// Makes the registered consumers match the configuration.
  private static func register(
    _ consumers: ExpectedConsumers?, in engine: any Engine, runtime: RuntimeContext
  ) throws -> (ConsumerRegistration, ExpectedConsumers) {
    try engine.write { connection in
      let transaction = try Transaction(connection, runtime: runtime)
      guard let consumers else {
        return (ConsumerRegistration(), ExpectedConsumers(try transaction.consumers().map(\.name)))
      }
      return (try transaction.register(consumers), consumers)
    }
  }

  /// Closes the database, after which nothing can be read or written.
  ///
  /// All of it is then in its one file, and a copy of that file after a clean stop is whole. A store
  /// in memory stays open for the next journal.
  public func close() throws {
    if case .store = place { return }
    state.withLock { $0.isClosed = true }
    try engine.close()
  }
}
