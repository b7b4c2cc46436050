// The tables of a room that this program does not know, taken from its file: what SQLite stores of
// their design is the portable SQL of the room's migrations.

extension SQLiteConnection {
  /// The names of the migrations that a file has, in their order.
  func migrationNames() throws -> [String] {
    try rows("SELECT identifier FROM grdb_migrations ORDER BY rowid")
      .map { try $0.value("identifier") }
  }

  /// Migrations that make the tables of a file that known ones do not make, under the names that the
  /// file has: the room's own program finds them done.
  ///
  /// - Throws: a ``JournalError`` that names a part of the design that is not portable.
  func migrations(besides known: [Migration]) throws -> [Migration] {
    let model = try SQLiteEngine(MemoryStore(), name: "the design of a journal")
    defer { try? model.close() }
    try model.migrate(known)
    let own = try model.read { connection in
      Set(
        try connection.rows("SELECT name FROM sqlite_master").map {
          try $0.value("name", as: String.self)
        })
    }
    let parts = try rows(
      """
      SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL
      AND name NOT LIKE 'sqlite_%' AND name <> 'grdb_migrations' ORDER BY rowid
      """
    ).filter { !own.contains(try $0.value("name")) }
    for part in parts { try requirePortable(part) }
    let statements = try parts.map { try $0.value("sql", as: String.self) }
    let names = try migrationNames().filter { name in !known.contains { $0.name == name } }
    let applied = try appliedSteps()
    return names.enumerated().map { place, name in
      Migration(
        name, beside: applied.programs(beside: name),
        sql: place == 0 ? statements.joined(separator: ";\n") : "")
    }
  }

  /// Refuses a part of a design that PostgreSQL reads in another way, or not at all.
  private func requirePortable(_ part: Row) throws {
    let name: String = try part.value("name")
    let type: String = try part.value("type")
    func refusal(_ fault: String) -> JournalError {
      JournalError(
        .unsuitable, summary: "\(fault), which is not portable",
        remedy: """
          Move the journal with a program that has this room in it, or change the design; nothing was \
          changed.
          """)
    }
    guard type == "table" else {
      if type != "index" { throw refusal("the journal has the \(type) \(name)") }
      return
    }
    let columns = try rows("SELECT name, type FROM pragma_table_info(\(name))")
    for column in columns {
      let type = try column.value("type", as: String.self).uppercased()
      guard ["BIGINT", "INTEGER", "TEXT", "BLOB"].contains(type) else {
        throw refusal(
          "the column \(name).\(try column.value("name", as: String.self)) is of the type \(type)")
      }
    }
    let tables = try rows("SELECT wr FROM pragma_table_list(\(name)) WHERE schema = 'main'")
    if try tables.first?.value("wr", as: Int.self) == 1 {
      throw refusal("the table \(name) is WITHOUT ROWID")
    }
  }
}
