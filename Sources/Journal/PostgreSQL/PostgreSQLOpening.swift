import Events
import FoundationEssentials
import Glibc

extension PostgreSQLPlace {
  /// Refuses a database that is not this service's journal, or of a newer design, before anything
  /// is written.
  ///
  /// - Parameters:
  ///   - service: the service.
  ///   - migrations: the steps of the design that are known; nil when that does not matter.
  func inspect(for service: String, _ migrations: [Migration]?) throws {
    let session = try PostgreSQLSession(to: address, settings: PostgreSQLSettings.writer)
    try PostgreSQLSettings.check(session)
    let tables = try session.tables()
    try refuseUnfinishedMove(of: service, tables: tables)
    guard tables.contains("journal") else {
      guard tables.subtracting(["eventually_migrations", "eventually_writers"]).isEmpty else {
        let names = tables.sorted().prefix(3).joined(separator: ", ")
        throw JournalError(
          .notADatabase, summary: "\(address) holds other tables (\(names)), and no journal",
          remedy: "Name a database, or a schema, of its own for \(service); nothing was changed.")
      }
      return try refuseIfEmptied(service)
    }
    let connection = PostgreSQLConnection(session: session)
    guard try session.hasColumn("service", in: "journal") else {
      throw JournalError(
        .notADatabase, summary: "\(address) has a table “journal” that is no journal's",
        remedy: "Name a database of its own for \(service); nothing was changed.")
    }
    let owner = try connection.owner
    guard owner ?? service == service else {
      throw JournalError(
        .foreign, summary: "\(address) is the journal of \(owner ?? ""), not of \(service)",
        remedy: "Name the database of \(service); nothing was changed.")
    }
    guard let migrations else { return }
    try session.requireDesign(knownBy: migrations.map(\.name))
  }
}

extension PostgreSQLSession {
  fileprivate func hasColumn(_ column: String, in table: String) throws -> Bool {
    try !rows(
      """
      SELECT 1 FROM pg_attribute WHERE attrelid = CAST(\(table) AS text)::regclass
      AND attname = \(column) AND NOT attisdropped
      """
    ).isEmpty
  }
}

// MARK: The mark in the folder of state

// A service that has moved to another database must not begin a new history by mistake: a file in
// its folder of state names the database that has its journal.

extension ServiceJournal {
  /// The database of PostgreSQL in which the journal of a service is.
  ///
  /// - Parameter folder: the service's folder of state.
  /// - Returns: its address without user and password; nil where the journal is a file.
  package static func database(ofStateIn folder: String) -> String? {
    PostgreSQLPlace.marked(in: folder)
  }
}

extension PostgreSQLPlace {
  /// The file that marks that a service's journal is in PostgreSQL.
  static func mark(in folder: String) -> String { "\(folder)/journal.postgresql" }

  /// The database that the mark in a folder names; nil without a mark.
  static func marked(in folder: String) -> String? {
    guard let text = try? String(contentsOfFile: mark(in: folder), encoding: .utf8) else {
      return nil
    }
    return text.split(separator: "\n").dropFirst().first.map(String.init)
  }

  /// Refuses to begin a new journal where there was one: in this database, or in the file of before.
  private func refuseIfEmptied(_ service: String) throws {
    guard let folder else { return }
    let mark = Self.mark(in: folder)
    if access(mark, F_OK) == 0 {
      throw JournalError(
        .emptied,
        summary: """
          \(address) has no journal in it, and the journal of \(service) was in \
          \(Self.marked(in: folder) ?? "PostgreSQL") (\(mark) exists)
          """,
        remedy: """
          Restore the database, or name the right one. Or, to begin without its history, remove \
          \(mark); nothing was changed.
          """)
    }
    let file = "\(folder)/journal.sqlite"
    guard ServiceJournal.wasFounded(file) else { return }
    throw JournalError(
      .emptied, summary: "\(address) is empty, and the journal of \(service) is \(file)",
      remedy: """
        Leave the key of the journal out to go on with the file. Or, to begin in PostgreSQL without \
        its history, remove \(file).founded; nothing was changed.
        """)
  }

  /// Leaves the mark that the journal is in this database.
  func mark(_ service: String) throws {
    guard let folder, access(folder, F_OK) == 0 else { return }
    guard Self.marked(in: folder) != address.description else { return }
    let mark = Self.mark(in: folder)
    let part = "\(mark).part"
    unlink(part)
    let file = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o640)
    guard file >= 0 else { throw JournalFile.failure("\(part) cannot be made") }
    let bytes = Array("\(service)\n\(address)\n".utf8)
    let isWritten = write(file, bytes, bytes.count) == bytes.count && fsync(file) == 0
    close(file)
    guard isWritten, rename(part, mark) == 0 else {
      throw JournalFile.failure("\(mark) cannot be written")
    }
    try JournalFile.sync(folder)
  }
}
