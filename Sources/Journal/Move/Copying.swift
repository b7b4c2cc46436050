// The copy of the rows of a table, and the comparison of the copy with the file.

extension PostgreSQLSession {
  /// Copies a table, in place of its present rows.
  ///
  /// - Parameters:
  ///   - table: the table, which both have.
  ///   - file: the source.
  ///   - progress: called with the number of rows of each batch.
  /// - Returns: the content of the table in the file.
  /// - Throws: a ``JournalError`` that names the row at fault.
  func copy(
    _ table: CopiedTable, from file: SQLiteConnection, progress: (Int) -> Void
  ) throws -> TableContent {
    // A migration may have filled it.
    try run(SQL(stringLiteral: "DELETE FROM \(table.nameInDatabase.quotedName)"))
    var content = TableContent()
    try file.eachBatch(of: table) { rows in
      try insert(rows, into: table)
      for row in rows { content.add(row) }
      progress(rows.count)
    }
    try continueNumbers(of: table.nameInDatabase)
    return content
  }

  /// Inserts a batch of rows; where that fails, one after another, up to the row at fault.
  private func insert(_ rows: [[SQLArgument]], into table: CopiedTable) throws {
    let connection = PostgreSQLConnection(session: self)
    do {
      try connection.undoable { (try run(table.insertion(of: rows)), keep: true) }
    } catch let failure as JournalError where failure.isOfTheWork {
      for row in rows {
        do {
          try connection.undoable { (try run(table.insertion(of: [row])), keep: true) }
        } catch let failure as JournalError where failure.isOfTheWork {
          throw JournalError(
            .damaged, summary: "\(table.place(of: row)) does not fit: \(failure.summary)",
            remedy: "Correct it in the file, and run the command again; the file is unchanged.",
            cause: failure)
        }
      }
      throw failure
    }
  }

  /// The content of a table in the database.
  func content(of table: CopiedTable) throws -> TableContent {
    // A statement is prepared by its text, with the columns of its result.
    let cursor = "copy of \(table.nameInDatabase)".quotedName
    let name = table.nameInDatabase.quotedName
    try run(SQL(stringLiteral: "DECLARE \(cursor) CURSOR FOR SELECT \(table.list) FROM \(name)"))
    var content = TableContent()
    while true {
      let rows = try rows(SQL(stringLiteral: "FETCH 500 FROM \(cursor)"))
      guard !rows.isEmpty else { break }
      for row in rows { content.add(row.values) }
    }
    try run(SQL(stringLiteral: "CLOSE \(cursor)"))
    return content
  }

  /// The first row of a file that the table in the database does not have, in a sentence; the table
  /// itself where it has other rows beside them, or no key.
  func difference(of table: CopiedTable, from file: SQLiteConnection) throws -> String {
    let whole = "the table \(table.name)"
    guard !table.key.isEmpty else { return whole }
    let name = table.nameInDatabase.quotedName
    let condition = table.key.map { "\($0.quotedName) = ?" }.joined(separator: " AND ")
    var found: String?
    try file.eachBatch(of: table) { rows in
      guard found == nil else { return }
      for row in rows {
        var query = SQL(stringLiteral: "SELECT \(table.list) FROM \(name) WHERE \(condition)")
        query.arguments = table.key.compactMap { key in
          table.columns.firstIndex(of: key).map { row[$0] }
        }
        guard try self.rows(query).first?.values != row else { continue }
        found = table.place(of: row)
        return
      }
    }
    return found ?? whole
  }

  /// Sets the numbers that the database gives past those that a table has.
  private func continueNumbers(of table: String) throws {
    let numbered = try rows(
      """
      SELECT attname::text AS name FROM pg_attribute
      WHERE attrelid = to_regclass(CAST(\(table.quotedName) AS text)) AND attidentity <> ''
      AND NOT attisdropped
      """)
    for row in numbered {
      let column: String = try row.value("name")
      let next =
        "coalesce((SELECT max(\(column.quotedName)) FROM \(table.quotedName)), 0) + 1"
      _ = try rows(
        """
        SELECT setval(pg_get_serial_sequence(CAST(\(table.quotedName) AS text),
        CAST(\(column) AS text)),
        """ + SQL(stringLiteral: "\(next), false)"))
    }
  }
}

extension SQLiteConnection {
  /// Calls a closure with the rows of a table, batch by batch.
  ///
  /// - Throws: an error of the closure; or a ``JournalError`` that names the place of a row that cannot
  ///   be read.
  fileprivate func eachBatch(
    of table: CopiedTable, _ body: ([[SQLArgument]]) throws -> Void
  ) throws {
    var last = Int64.min
    while true {
      let rows: [Row]
      do {
        rows = try self.rows(table.rows(after: last))
      } catch {
        throw JournalError(
          .damaged,
          summary: "the table \(table.name) cannot be read after its row \(last): \(error)",
          remedy: "List all faults with `eventually verify`; the file is unchanged.", cause: error)
      }
      guard let end = rows.last else { return }
      last = try end.value("row")
      try body(rows.map { Array($0.values.dropFirst()) })
    }
  }
}
