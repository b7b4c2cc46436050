import Events

extension ServiceJournal {
  /// Puts the copy of a database beside a journal back, if the database is missing or empty.
  ///
  /// A database that has all that its copy has stays: it may have more. A daemon that starts on a new
  /// machine makes an empty one.
  ///
  /// - Returns: whether it was put back.
  /// - Throws: ``JournalError`` that names the file and the remedy, also where the database has other
  ///   rows than its copy.
  package static func restoreLost(_ database: DatabaseCopy) throws -> Bool {
    let path = database.original
    if try !isLost(path) {
      let present = try SQLiteFile.read(path) { try $0.keys() }
      // A copy that cannot be read takes nothing away.
      let copied = (try? SQLiteFile.read(database.copy) { try $0.keys() }) ?? []
      let lost = copied.subtracting(present).count
      guard lost > 0 else { return false }
      throw JournalError(
        .foreign,
        summary: """
          \(path) lacks \(lost) of the \(copied.count) rows of \(database.copy), and has \
          \(present.count) of its own: it is no later state of this copy. Move the wrong one of the \
          two away; nothing was changed.
          """)
    }
    let new = path + ".restoring"
    defer { JournalFile.remove(new) }
    try JournalFile.copyDatabase(database.copy, to: new) { _ in }
    try JournalFile.adoptOwner(of: JournalFile.folder(of: path), for: new)
    JournalFile.remove(path)
    try JournalFile.put(new, inPlaceOf: path)
    return true
  }
}

extension ServiceJournal {
  /// Whether a database is missing, or has no row.
  package static func isLost(_ path: String) throws -> Bool {
    try isMissing(path) || SQLiteFile.read(path) { try $0.keys().isEmpty }
  }
}

extension SQLiteConnection {
  /// The primary keys of all rows, each with the name of its table.
  fileprivate func keys() throws -> Set<[SQLArgument]> {
    let tables = try rows(
      """
      SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
      AND name <> 'grdb_migrations' ORDER BY name
      """)
    return try tables.reduce(into: []) { keys, row in
      let table: String = try row.value("name")
      let columns = try rows(
        "SELECT name FROM pragma_table_info(\(table)) WHERE pk > 0 ORDER BY pk"
      ).map { try $0.value("name", as: String.self) }
      let list = columns.isEmpty ? "rowid" : columns.map { "\"\($0)\"" }.joined(separator: ", ")
      for row in try rows(SQL(stringLiteral: "SELECT \(list) FROM \"\(table)\"")) {
        keys.insert([.text(table)] + row.values)
      }
    }
  }
}
