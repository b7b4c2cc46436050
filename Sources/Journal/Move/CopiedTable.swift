import Crypto
import Events
import FoundationEssentials

/// A table of a file that is copied row by row.
struct CopiedTable {
  let name: String
  /// Its name in the database.
  private(set) var nameInDatabase: String
  let columns: [String]
  /// The columns of its primary key; none where it has no such key.
  let key: [String]
  /// The number of its rows.
  let count: Int

  /// The table under another name in the database.
  func named(_ name: String) -> CopiedTable {
    var copy = self
    copy.nameInDatabase = name
    return copy
  }

  /// The rows of one statement: its arguments are far below the limit of the protocol.
  static let batch = 100

  /// The rows after one, each with the row's number before its columns.
  func rows(after last: Int64, limit: Int = batch) -> SQL {
    SQL(stringLiteral: "SELECT rowid AS row, \(list) FROM \(name.quotedName) WHERE rowid >")
      + "\(last)" + "ORDER BY rowid LIMIT \(limit)"
  }

  /// Inserts rows.
  func insertion(of rows: [[SQLArgument]]) -> SQL {
    let places = "(" + columns.map { _ in "?" }.joined(separator: ", ") + ")"
    var insertion = SQL(
      stringLiteral: """
        INSERT INTO \(nameInDatabase.quotedName) (\(list)) VALUES \
        \(rows.map { _ in places }.joined(separator: ", "))
        """)
    insertion.arguments = Array(rows.joined())
    return insertion
  }

  /// The columns, as a statement names them.
  var list: String { columns.map(\.quotedName).joined(separator: ", ") }

  /// A row in a sentence: the table, and the values of its key.
  func place(of row: [SQLArgument]) -> String {
    let values = zip(columns, row).filter { key.contains($0.0) }
      .map { "\($0.0) = \($0.1.shown)" }
    let place = values.isEmpty ? "a row" : "the row \(values.joined(separator: ", "))"
    return "\(place) of the table \(name)"
  }
}

/// The content of a table, in any order of its rows: their number, and the sum of their digests.
struct TableContent: Hashable {
  private(set) var count = 0
  private var sums: [UInt64] = [0, 0]

  /// Adds the values of a row.
  mutating func add(_ row: [SQLArgument]) {
    count += 1
    var hash = SHA256()
    for value in row {
      // Each with its kind and its length, so that no two rows have the same bytes.
      let (kind, bytes) = value.bytes
      hash.update(data: Data("\(kind)\(bytes.count):".utf8))
      hash.update(data: bytes)
    }
    let digest = Array(hash.finalize())
    for place in sums.indices {
      sums[place] &+= digest[(8 * place)..<(8 * place + 8)].reduce(0) { $0 << 8 | UInt64($1) }
    }
  }
}

extension SQLArgument {
  /// Its kind in one letter, and its bytes.
  fileprivate var bytes: (kind: String, bytes: Data) {
    switch self {
    case .null: ("n", Data())
    case .integer(let value): ("i", Data("\(value)".utf8))
    case .text(let value): ("t", Data(value.utf8))
    case .blob(let value): ("b", value)
    }
  }

  /// The value in a sentence.
  fileprivate var shown: String {
    switch self {
    case .null: "none"
    case .integer(let value): "\(value)"
    case .text(let value): "“\(value.prefix(80))”"
    case .blob(let value): "x'\(value.prefix(40).hex)'"
    }
  }
}

extension String {
  /// A name of a table or a column, as a statement has it.
  var quotedName: String { "\"\(replacing("\"", with: "\"\""))\"" }
}

extension SQLiteConnection {
  /// All tables of a database, but those of SQLite and of the migrations, in the order in which they
  /// were made: one that refers to another comes after it.
  func copiedTables() throws -> [CopiedTable] {
    try rows(
      """
      SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
      AND name NOT IN ('grdb_migrations', 'eventually_steps') ORDER BY rowid
      """
    ).map { row in
      let name: String = try row.value("name")
      let columns = try rows("SELECT name, pk FROM pragma_table_info(\(name)) ORDER BY cid")
      let count = try rows(
        SQL(stringLiteral: "SELECT count(*) AS value FROM \(name.quotedName)")
      ).first?.value("value", as: Int.self)
      return CopiedTable(
        name: name, nameInDatabase: name, columns: try columns.map { try $0.value("name") },
        key: try columns.filter { try $0.value("pk") > 0 }.map { try $0.value("name") },
        count: count ?? 0)
    }
  }
}
