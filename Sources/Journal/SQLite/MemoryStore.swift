import GRDB
import GRDBSQLite
import Synchronization

/// The database of a journal that is kept in memory and outlives the journal, as a file outlives
/// the process that is killed.
///
/// A simulation opens one journal after another on it, copies it where a disk would be synced, and
/// decides at each commit whether it comes to be.
///
/// Several journals may be open on it at once, as those of a service's replicas are on a database server:
/// each learns of the others' commits.
public final class MemoryStore: Sendable {
  let database: DatabaseQueue
  /// The prepared statements of its one connection, for all engines on it.
  let commands = PreparedCommands()
  /// The engines that are to learn of commits.
  private let listeners = Mutex<[ObjectIdentifier: @Sendable () -> Void]>([:])
  private let gate: CommitGate
  private let session = Mutex(SessionHooks())

  private struct SessionHooks {
    var begin: (@Sendable () throws -> Void)?
    var answer: (@Sendable () throws -> Void)?
  }

  /// An empty database.
  public convenience init() throws {
    try self.init(copying: nil)
  }

  private init(copying other: DatabaseQueue?) throws {
    var configuration = Configuration()
    configuration.label = "eventually.journal"
    database = try DatabaseQueue(configuration: configuration)
    try other?.backup(to: database)
    gate = CommitGate(try database.read { $0.sqliteConnection })
    database.add(transactionObserver: gate, extent: .databaseLifetime)
  }

  /// The committed data, in a database of its own.
  package func copy() throws -> MemoryStore {
    try MemoryStore(copying: database)
  }

  /// Calls a hook just before each commit that changes something; when it throws, the commit is
  /// rolled back, and its caller gets the error.
  package func beforeCommit(_ hook: (@Sendable () throws -> Void)?) {
    gate.hook.withLock { $0 = hook }
  }

  /// Calls hooks before each transaction and after its commit, where a server's session may end.
  ///
  /// - Parameters:
  ///   - begin: when it throws, there is no transaction, and its caller gets the error.
  ///   - answer: throws a ``LostAnswer`` for a commit that has come to be. For one that has not,
  ///     the hook of ``beforeCommit(_:)`` throws it.
  package func aroundTransactions(
    begin: @escaping @Sendable () throws -> Void, answer: @escaping @Sendable () throws -> Void
  ) {
    session.withLock { $0 = SessionHooks(begin: begin, answer: answer) }
  }

  func begin() throws { try session.withLock(\.begin)?() }
  func answer() throws { try session.withLock(\.answer)?() }
}

extension MemoryStore {
  /// Calls a closure after the commits of other engines; nil ends the calls.
  func listen(as engine: SQLiteEngine, _ committed: (@Sendable () -> Void)?) {
    listeners.withLock { $0[ObjectIdentifier(engine)] = committed }
  }

  /// An engine has committed.
  func hasCommitted(_ engine: SQLiteEngine) {
    let others = listeners.withLock { listeners in
      listeners.filter { $0.key != ObjectIdentifier(engine) }.values
    }
    for committed in others { committed() }
  }
}

private final class CommitGate: TransactionObserver, Sendable {
  let hook = Mutex<(@Sendable () throws -> Void)?>(nil)
  /// Used on the database's own queue alone, which calls all of the methods below.
  private nonisolated(unsafe) let connection: OpaquePointer?
  /// How many rows were changed before the present transaction.
  private let changesBefore: Mutex<Int64>

  init(_ connection: OpaquePointer?) {
    self.connection = connection
    changesBefore = Mutex(sqlite3_total_changes64(connection))
  }

  private var changes: Int64 { sqlite3_total_changes64(connection) }

  func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { false }

  func databaseDidChange(with event: DatabaseEvent) {}

  /// A commit that changes nothing writes nothing, and so brings nothing to a disk either.
  func databaseWillCommit() throws {
    guard changesBefore.withLock({ $0 }) != changes else { return }
    try hook.withLock { $0 }?()
  }

  func databaseDidCommit(_ database: Database) {
    changesBefore.withLock { $0 = changes }
  }

  func databaseDidRollback(_ database: Database) {
    changesBefore.withLock { $0 = changes }
  }
}
