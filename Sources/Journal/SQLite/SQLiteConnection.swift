import GRDB
import GRDBSQLite

/// A connection of SQLite, inside one transaction or snapshot.
final class SQLiteConnection: Connection {
  let database: Database
  /// The database in sentences.
  let name: String
  /// Whether it is in a transaction, outside of which nothing may run then.
  private let isInTransaction: Bool
  private let commands: PreparedCommands?

  /// - Parameter commands: those of the database's writer, where it is the writer.
  init(database: Database, name: String, commands: PreparedCommands? = nil) {
    self.database = database
    self.name = name
    self.commands = commands
    isInTransaction = database.isInsideTransaction
  }

  /// SQLite counts the commits of this connection, and looks whether there were others when a
  /// transaction begins.
  var dataVersion: UInt32? {
    var version: UInt32 = 0
    let code = sqlite3_file_control(
      database.sqliteConnection, "main", SQLITE_FCNTL_DATA_VERSION, &version)
    return code == SQLITE_OK ? version : nil
  }

  func rows(_ query: SQL) throws -> [Row] {
    try inWords {
      try requireTransaction()
      return try PreparedStatement(query, in: database).rows()
    }
  }

  func run(_ command: SQL) throws {
    try inWords {
      try requireTransaction()
      try PreparedStatement(command, in: database, keptIn: commands).run()
    }
  }

  func undoable<Value>(_ part: () throws -> (value: Value, keep: Bool)) throws -> Value {
    var value: Value?
    do {
      try database.inSavepoint {
        let outcome = try part()
        value = outcome.value
        return outcome.keep ? .commit : .rollback
      }
    } catch {
      throw JournalError.inTerms(error, of: name)
    }
    guard let value else { preconditionFailure("a savepoint runs its closure once") }
    return value
  }

  private func requireTransaction() throws {
    if isInTransaction { try database.requireTransaction() }
  }

  /// The error of a statement is described without its text, because its readers do not know the
  /// tables.
  private func inWords<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch {
      throw JournalError.ofStatement(error, of: name)
    }
  }
}

extension SQLiteConnection {
  /// Whether the database has a table.
  func hasTable(_ table: String) throws -> Bool {
    try !rows("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = \(table)").isEmpty
  }

  /// Whether a table has a column.
  func hasColumn(_ column: String, in table: String) throws -> Bool {
    try !rows("SELECT 1 FROM pragma_table_info(\(table)) WHERE name = \(column)").isEmpty
  }

  /// Whether any tables were made here; the first migration may have been cut off before its own.
  var hasTables: Bool {
    get throws {
      try !rows(
        """
        SELECT 1 FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
        AND name <> 'grdb_migrations' LIMIT 1
        """
      ).isEmpty
    }
  }

  /// The faults that SQLite finds in its own structures; `ok` alone where there are none.
  func integrityFindings(limit: Int) throws -> [String] {
    do {
      return try String.fetchAll(database, sql: "PRAGMA integrity_check(\(limit))")
    } catch {
      throw JournalError.inTerms(error, of: name)
    }
  }

  /// The steps that the database has.
  func appliedSteps() throws -> AppliedSteps {
    try AppliedSteps(
      names: hasTable("grdb_migrations")
        ? rows("SELECT identifier AS name FROM grdb_migrations") : [],
      marks: hasTable(AppliedSteps.table) ? rows(AppliedSteps.marks) : [])
  }

  /// Moves all that is in the write-ahead log into the database, and does without one.
  func becomeOneFile() throws {
    let mode = try String.fetchOne(database, sql: "PRAGMA journal_mode = DELETE")
    precondition(mode == "delete", "SQLite did not take journal_mode = DELETE")
  }
}

extension [Migration] {
  /// The migrations in SQLite's dialect.
  var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    for migration in self {
      migrator.registerMigration(migration.name) { try $0.execute(sql: migration.sql(in: .sqlite)) }
    }
    return migrator
  }
}
