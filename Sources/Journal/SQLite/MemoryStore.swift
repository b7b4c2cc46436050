import GRDB
import Synchronization

/// The database of a journal that is kept in memory and outlives the journal, as a file outlives
/// the process that is killed.
///
/// A simulation opens one journal after another on it, copies it where a disk would be synced, and
/// decides at each commit whether it comes to be.
public final class MemoryStore: Sendable {
  let database: DatabaseQueue
  private let gate: CommitGate

  /// An empty database.
  public convenience init() throws {
    try self.init(copying: nil)
  }

  private init(copying other: DatabaseQueue?) throws {
    var configuration = Configuration()
    configuration.label = "eventually.journal"
    database = try DatabaseQueue(configuration: configuration)
    gate = CommitGate()
    try other?.backup(to: database)
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
}

private final class CommitGate: TransactionObserver, Sendable {
  let hook = Mutex<(@Sendable () throws -> Void)?>(nil)
  private let hasChanged = Mutex(false)

  func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { true }

  func databaseDidChange(with event: DatabaseEvent) {
    hasChanged.withLock { $0 = true }
  }

  /// A commit that changes nothing writes nothing, and so brings nothing to a disk either.
  func databaseWillCommit() throws {
    guard hasChanged.withLock({ $0 }) else { return }
    try hook.withLock { $0 }?()
  }

  func databaseDidCommit(_ database: Database) {
    hasChanged.withLock { $0 = false }
  }

  func databaseDidRollback(_ database: Database) {
    hasChanged.withLock { $0 = false }
  }
}
