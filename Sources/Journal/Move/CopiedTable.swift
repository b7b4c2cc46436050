/// A table of a file that is copied row by row.
struct CopiedTable {
  let name: String
  /// Its name in the database.
  private(set) var nameInDatabase: String
  let columns: [String]
  /// The number of its rows.
  let count: Int

  /// The table under another name in the database.
  func named(_ name: String) -> CopiedTable {
    var copy = self
    copy.nameInDatabase = name
    return copy
  }

  /// The rows of one statement: its arguments are far below the limit of the protocol.
  static let batch = 50

  /// The rows after one, each with the row's number before its columns.
  func rows(after last: Int64) -> SQL {
    SQL(stringLiteral: "SELECT rowid AS row, \(list) FROM \"\(name)\" WHERE rowid >") + "\(last)"
      + "ORDER BY rowid LIMIT \(Self.batch)"
  }

  /// Inserts rows.
  func insertion(of rows: [[SQLArgument]]) -> SQL {
    let places = "(" + columns.map { _ in "?" }.joined(separator: ", ") + ")"
    var insertion = SQL(
      stringLiteral: """
        INSERT INTO \"\(nameInDatabase)\" (\(list)) VALUES \
        \(rows.map { _ in places }.joined(separator: ", "))
        """)
    insertion.arguments = Array(rows.joined())
    return insertion
  }

  private var list: String { columns.map { "\"\($0)\"" }.joined(separator: ", ") }
}

extension SQLiteConnection {
  /// All tables of a database, but those of SQLite and of the migrations.
  func copiedTables() throws -> [CopiedTable] {
    try rows(
      """
      SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
      AND name NOT IN ('grdb_migrations', 'eventually_steps') ORDER BY name
      """
    ).map { row in
      let name: String = try row.value("name")
      let columns = try rows("SELECT name FROM pragma_table_info(\(name)) ORDER BY cid")
        .map { try $0.value("name", as: String.self) }
      let count = try rows(SQL(stringLiteral: "SELECT count(*) AS value FROM \"\(name)\""))
        .first?.value("value", as: Int.self)
      return CopiedTable(
        name: name, nameInDatabase: name, columns: columns, count: count ?? 0)
    }
  }
}

extension PostgreSQLSession {
  /// Copies a table, in place of its present rows.
  ///
  /// - Parameters:
  ///   - table: the table, which both have.
  ///   - file: the source.
  ///   - progress: called with the number of rows of each batch.
  func copy(
    _ table: CopiedTable, from file: SQLiteConnection, progress: (Int) -> Void
  ) throws {
    // A migration may have filled it.
    try run(SQL(stringLiteral: "DELETE FROM \"\(table.nameInDatabase)\""))
    var last = Int64.min
    while true {
      let rows = try file.rows(table.rows(after: last))
      guard let end = rows.last else { break }
      last = try end.value("row")
      try run(table.insertion(of: rows.map { Array($0.values.dropFirst()) }))
      progress(rows.count)
    }
    try continueNumbers(of: table.nameInDatabase)
  }

  /// Sets the numbers that the database gives past those that a table has.
  private func continueNumbers(of table: String) throws {
    let numbered = try rows(
      """
      SELECT attname::text AS name FROM pg_attribute
      WHERE attrelid = to_regclass(CAST(\(table) AS text)) AND attidentity <> ''
      AND NOT attisdropped
      """)
    for row in numbered {
      let column: String = try row.value("name")
      let next = "coalesce((SELECT max(\"\(column)\") FROM \"\(table)\"), 0) + 1"
      _ = try rows(
        "SELECT setval(pg_get_serial_sequence(CAST(\(table) AS text), CAST(\(column) AS text)),"
          + SQL(stringLiteral: "\(next), false)"))
    }
  }
}
