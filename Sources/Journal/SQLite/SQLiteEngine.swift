import Dispatch
import GRDB
import GRDBSQLite

/// SQLite as the engine of a journal, or of another database that one process keeps.
package final class SQLiteEngine: Engine {
  let database: any DatabaseWriter
  package let name: String
  /// The store of the database, which outlives this engine; nil for a database of its own.
  private let store: MemoryStore?
  private let commands: PreparedCommands

  init(_ database: any DatabaseWriter, name: String) {
    self.database = database
    self.name = name
    store = nil
    commands = PreparedCommands()
  }

  init(_ store: MemoryStore, name: String) {
    database = store.database
    self.name = name
    self.store = store
    commands = store.commands
  }

  deinit {
    store?.listen(as: self, nil)
  }

  package func write<Value>(_ work: (any Connection) throws -> Value) throws -> Value {
    var value: Value?
    do {
      try store?.begin()
      let done = try database.writeWithoutTransaction { database in
        try database.inOneTransaction {
          let done = try work(writer(database))
          value = done
          return done
        }
      }
      store?.hasCommitted(self)
      try store?.answer()
      return done
    } catch let lost as LostAnswer {
      try lost.requireStored()
      guard let value else { throw lost }
      return value
    } catch {
      throw JournalError.inTerms(error, of: name)
    }
  }

  package func write<Value: Sendable>(
    _ work: @escaping @Sendable (any Connection) throws -> Value
  ) async throws -> Value {
    do {
      let value = try await database.writeWithoutTransaction { [self] database in
        try database.inOneTransaction { try work(writer(database)) }
      }
      store?.hasCommitted(self)
      return value
    } catch {
      throw JournalError.inTerms(error, of: name)
    }
  }

  package func read<Value>(_ query: (any Connection) throws -> Value) throws -> Value {
    do {
      return try database.read { try query(connection($0)) }
    } catch {
      throw JournalError.inTerms(error, of: name)
    }
  }

  package func readBetweenWrites<Value>(_ query: (any Connection) throws -> Value) throws -> Value?
  {
    try translating {
      try database.writeWithoutTransaction { database in
        try database.inOneTransaction(.deferred) { try query(connection(database)) }
      }
    }
  }

  package func read<Value: Sendable>(
    _ query: @escaping @Sendable (any Connection) throws -> Value
  ) async throws -> Value {
    do {
      return try await database.read { [self] in try query(connection($0)) }
    } catch {
      throw JournalError.inTerms(error, of: name)
    }
  }

  package func migrate(_ migrations: [Migration]) throws {
    try translating { try migrations.migrator.migrate(database) }
  }

  /// Closes the database, after which all of it is in its one file: a copy of that file is whole.
  package func close() throws {
    if store != nil { return }
    // SQLite does so at the last close, but in a pool that is a reader's, which may not write.
    try? checkpoint(.shrinking)
    try translating {
      // SQLite does not close a database with a prepared statement.
      database.writeWithoutTransaction { _ in commands.end() }
      try database.close()
    }
  }

  package func onForeignCommit(_ committed: (@Sendable () -> Void)?) {
    store?.listen(as: self, committed)
  }

  /// Moves commits from the write-ahead log into the database.
  func checkpoint(_ extent: CheckpointExtent) throws {
    try translating {
      _ = try database.writeWithoutTransaction { database in
        try database.checkpoint(extent == .shrinking ? .truncate : .passive)
      }
    }
  }

  /// The extent of a checkpoint.
  enum CheckpointExtent {
    /// As far as readers and writers are not kept waiting.
    case passing
    /// To the end, after which the write-ahead log is empty.
    case shrinking
  }

  private func connection(_ database: Database) -> SQLiteConnection {
    SQLiteConnection(database: database, name: name)
  }

  private func writer(_ database: Database) -> SQLiteConnection {
    SQLiteConnection(database: database, name: name, commands: commands)
  }

  private func translating<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch {
      throw JournalError.inTerms(error, of: name)
    }
  }
}

// MARK: Opening

extension SQLiteEngine {
  /// An empty database in memory.
  package static func inMemory(label: String, waiting seconds: Double = 0.25) throws
    -> SQLiteEngine
  {
    let configuration = Configuration(label: label, waiting: seconds)
    return SQLiteEngine(try DatabaseQueue(configuration: configuration), name: label)
  }

  /// A database in a file with one connection, made when it is missing, whose commits are on disk
  /// when they return.
  ///
  /// - Parameter seconds: the time for which a thread waits for a lock.
  package static func file(_ path: String, label: String, waiting seconds: Double = 0.25) throws
    -> SQLiteEngine
  {
    var configuration = Configuration(label: label, waiting: seconds)
    configuration.journalMode = .wal
    do {
      let queue = try DatabaseQueue(path: path, configuration: configuration)
      try queue.writeWithoutTransaction { try $0.syncFully() }
      return SQLiteEngine(queue, name: path)
    } catch {
      throw JournalError.inTerms(error, of: path)
    }
  }
}

extension Configuration {
  init(label: String, waiting seconds: Double) {
    self.init()
    self.label = label
    busyMode = .timeout(seconds)
    // GRDB's own is that of a user's action, which the system refuses to a service.
    qos = .default
  }

  /// To read a journal that its service may have open.
  static func reading(waiting seconds: Double) -> Configuration {
    var configuration = Configuration(label: "eventually.journal", waiting: seconds)
    configuration.readonly = true
    return configuration
  }
}

extension Database {
  /// Commits work, or undoes it where it fails.
  ///
  /// The two statements stay prepared. GRDB's own transactions prepare theirs again each time, which was
  /// a tenth of a commit of one event.
  fileprivate func inOneTransaction<Value>(
    _ kind: TransactionKind = .immediate, _ work: () throws -> Value
  ) throws -> Value {
    try cachedStatement(sql: "BEGIN \(kind.rawValue)").execute()
    do {
      let value = try work()
      try requireTransaction()
      try cachedStatement(sql: "COMMIT").execute()
      return value
    } catch {
      // The failure is the one to report, and not that of its undoing.
      try? rollback()
      throw error
    }
  }

  /// Refuses to go on outside of a transaction: SQLite ends one by itself after some failures.
  func requireTransaction() throws {
    guard sqlite3_get_autocommit(sqliteConnection) == 0 else {
      throw DatabaseError(resultCode: .SQLITE_ABORT, message: "the transaction was rolled back")
    }
  }

  /// Makes each commit be on disk when it returns, and checks that SQLite took the setting.
  func syncFully() throws {
    try execute(sql: "PRAGMA synchronous = FULL")
    let level = try Int.fetchOne(self, sql: "PRAGMA synchronous")
    precondition(level == 2, "SQLite did not take synchronous = FULL")
  }
}
