/// The database to which a journal moves.
///
/// A table in it marks that the move is not finished. It is the first that is made, in an empty
/// database, so that everything beside it is of the move.
struct MoveTarget {
  private let session: PostgreSQLSession
  private let service: String

  /// Connects, and takes the lock of the one process that has a journal open there.
  init(_ address: PostgreSQLAddress, of service: String) throws {
    self.service = service
    session = try PostgreSQLSession(to: address, settings: PostgreSQLSettings.writer)
    try PostgreSQLSettings.check(session)
    let key = PostgreSQLSettings.journalLock
    let taken: Bool? = try session.rows(
      "SELECT pg_try_advisory_lock(\(key), hashtext(current_schema())) AS taken"
    ).first?.value("taken")
    guard taken == true else {
      throw JournalError(
        .busy, summary: "\(address) is in use by another session",
        remedy: """
          Name an empty database. The session of a move that was killed ends within a quarter of a \
          minute.
          """)
    }
  }

  /// Marks an empty database as one to which a journal moves; of a move that was interrupted, all
  /// is removed.
  func begin() throws {
    let tables = try session.tables()
    guard try isBegun() else {
      guard tables.isEmpty else { throw try occupied(by: tables) }
      return try session.script(
        """
        CREATE TABLE \(PostgreSQLPlace.moveMark) (service TEXT NOT NULL);
        INSERT INTO \(PostgreSQLPlace.moveMark) VALUES ('\(service.replacing("'", with: "''"))')
        """)
    }
    let rest = tables.subtracting([PostgreSQLPlace.moveMark]).sorted().map { "\"\($0)\"" }
    guard !rest.isEmpty else { return }
    try session.script("DROP TABLE \(rest.joined(separator: ", "))")
  }

  /// Whether a move of this service to the database was begun, and not finished.
  ///
  /// - Throws: where it is a move of another service.
  func isBegun() throws -> Bool {
    guard try session.has(PostgreSQLPlace.moveMark) else { return false }
    let owner: String? = try session.rows(
      SQL(stringLiteral: "SELECT service FROM \(PostgreSQLPlace.moveMark)")
    ).first?.value("service")
    guard owner == service else {
      throw JournalError(
        .foreign,
        summary: "\(session.name) holds an unfinished move of \(owner ?? "another service")",
        remedy: "Name an empty database for \(service); nothing was changed.")
    }
    return true
  }

  /// Removes the mark: the database is the journal from now on.
  func end() throws {
    try session.script("DROP TABLE \(PostgreSQLPlace.moveMark)")
  }

  private func occupied(by tables: Set<String>) throws -> JournalError {
    if tables.contains("journal"),
      let owner = try? PostgreSQLConnection(session: session).owner, owner != service
    {
      return JournalError(
        .foreign, summary: "\(session.name) is the journal of \(owner), not of \(service)",
        remedy: "Name an empty database for \(service); nothing was changed.")
    }
    let names = tables.sorted().prefix(3).joined(separator: ", ")
    return JournalError(
      .exists, summary: "\(session.name) is not empty (\(names))",
      remedy: "Name an empty database, or an empty schema, for \(service); nothing was changed.")
  }
}

// MARK: Rows

extension MoveTarget {
  func write<Value>(_ work: (PostgreSQLSession) throws -> Value) throws -> Value {
    try session.transaction("BEGIN ISOLATION LEVEL READ COMMITTED", work)
  }

  func read<Value>(_ query: (Snapshot) throws -> Value) throws -> Value {
    try readSession { try query(Snapshot(connection: PostgreSQLConnection(session: $0))) }
  }

  /// Reads by the session itself, in one snapshot.
  func readSession<Value>(_ query: (PostgreSQLSession) throws -> Value) throws -> Value {
    try session.transaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", query)
  }

  /// The number of rows of a table.
  private func count(_ table: String) throws -> Int {
    try session.rows(SQL(stringLiteral: "SELECT count(*) AS value FROM \"\(table)\""))
      .first?.value("value") ?? 0
  }

  /// The number of rows of all tables that were moved.
  func countAll() throws -> Int {
    try session.tables().subtracting(PostgreSQLPlace.ownTables).map(count).reduce(0, +)
  }
}

// MARK: The mark

extension PostgreSQLPlace {
  /// The table that marks an unfinished move.
  static let moveMark = "eventually_move"

  /// The tables of a database that are not those of a file.
  static let ownTables: Set<String> = [
    moveMark, "eventually_migrations", "eventually_writers", AppliedSteps.table,
  ]

  /// Refuses to open a database to which a journal is moved, before the move is finished.
  func refuseUnfinishedMove(of service: String, tables: Set<String>) throws {
    guard tables.contains(Self.moveMark) else { return }
    throw JournalError(
      .notADatabase, summary: "\(address) holds an unfinished move of a journal",
      remedy: """
        Finish it with: eventually move \(service) --to ADDRESS. Or leave the key of the journal out \
        to go on with the file; nothing was changed.
        """)
  }
}
