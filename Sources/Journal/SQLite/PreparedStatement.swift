import FoundationEssentials
import GRDB
import GRDBSQLite
import Glibc

/// A prepared statement of SQLite, bound and stepped directly.
///
/// GRDB prepares it and keeps it for the next use. GRDB's own execution would copy the arguments twice
/// and the text once for observers that a journal does not have.
struct PreparedStatement {
  private let database: Database
  private let statement: Statement
  private let arguments: [SQLArgument]

  /// Prepares a statement, or finds it prepared.
  ///
  /// - Throws: `DatabaseError` for a text that SQLite does not accept.
  init(_ command: SQL, in database: Database) throws {
    self.database = database
    arguments = command.arguments
    statement = try database.cachedStatement(sql: command.text)
    let expected = sqlite3_bind_parameter_count(handle)
    guard expected == arguments.count else {
      throw DatabaseError(
        resultCode: .SQLITE_MISUSE, message: "\(arguments.count) arguments for \(expected) places")
    }
  }

  /// Runs the statement, and gives each row to a closure.
  ///
  /// - Throws: ``JournalError/zeroByte``; `DatabaseError` or `CancellationError` where it fails.
  func run(_ take: () -> Void = {}) throws {
    // SQLite keeps no copy of the texts and bytes, and must not look at them later.
    defer { sqlite3_clear_bindings(handle) }
    try bindAll(from: 0) {
      defer { sqlite3_reset(handle) }
      while true {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: take()
        case SQLITE_DONE: return
        case let code: throw failure(code)
        }
      }
    }
  }

  /// The rows of the result.
  func rows() throws -> [Row] {
    let columns = statement.columnNames
    var rows: [Row] = []
    try run {
      rows.append(Row(columns: columns, values: columns.indices.map { value(CInt($0)) }))
    }
    return rows
  }

  private var handle: SQLiteStatement { statement.sqliteStatement }

  /// Only the cancellation of a task interrupts a statement.
  private func failure(_ code: CInt) -> any Error {
    if code & 0xff == SQLITE_INTERRUPT { return CancellationError() }
    return DatabaseError(
      resultCode: ResultCode(rawValue: code),
      message: String(cString: sqlite3_errmsg(database.sqliteConnection)))
  }
}

// MARK: Values

extension PreparedStatement {
  /// Binds the arguments from one on, and calls a closure while they last.
  private func bindAll(from first: Int, run: () throws -> Void) throws {
    guard first < arguments.count else { return try run() }
    let place = CInt(first + 1)
    func go(on code: CInt) throws {
      guard code == SQLITE_OK else { throw failure(code) }
      try bindAll(from: first + 1, run: run)
    }
    switch arguments[first] {
    case .null: try go(on: sqlite3_bind_null(handle, place))
    case .integer(let value): try go(on: sqlite3_bind_int64(handle, place, value))
    case .text(var value): try value.withUTF8 { try go(on: try bind(text: $0, at: place)) }
    case .blob(let value):
      try value.withUnsafeBytes { bytes in
        // Without an address it would be null.
        guard let start = bytes.baseAddress, !bytes.isEmpty else {
          return try go(on: sqlite3_bind_zeroblob(handle, place, 0))
        }
        try go(on: sqlite3_bind_blob(handle, place, start, CInt(bytes.count), nil))
      }
    }
  }

  private func bind(text: UnsafeBufferPointer<UInt8>, at place: CInt) throws -> CInt {
    guard let start = text.baseAddress, !text.isEmpty else {
      return sqlite3_bind_text(
        handle, place, UnsafeRawPointer(emptyText.utf8Start).assumingMemoryBound(to: CChar.self), 0,
        nil)
    }
    guard memchr(start, 0, text.count) == nil else { throw JournalError.zeroByte }
    return start.withMemoryRebound(to: CChar.self, capacity: text.count) {
      sqlite3_bind_text(handle, place, $0, CInt(text.count), nil)
    }
  }

  private func value(_ column: CInt) -> SQLArgument {
    switch sqlite3_column_type(handle, column) {
    case SQLITE_NULL: .null
    case SQLITE_INTEGER: .integer(sqlite3_column_int64(handle, column))
    case SQLITE_TEXT:
      .text(
        String(
          decoding: UnsafeBufferPointer(
            start: sqlite3_column_text(handle, column), count: size(column)), as: UTF8.self))
    case SQLITE_BLOB:
      .blob(
        Data(
          UnsafeRawBufferPointer(
            start: sqlite3_column_blob(handle, column), count: size(column))))
    // No column of ours holds a fraction: one is left to be found malformed.
    default: .fraction(sqlite3_column_double(handle, column))
    }
  }

  private func size(_ column: CInt) -> Int { Int(sqlite3_column_bytes(handle, column)) }
}

extension SQLArgument {
  fileprivate static func fraction(_ value: Double) -> SQLArgument {
    Int64(exactly: value).map(Self.integer) ?? .text("\(value)")
  }
}

/// A text of no bytes, at an address that stays.
private let emptyText = StaticString("")
