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

  /// Prepares a statement, or finds it prepared, and binds its arguments.
  ///
  /// - Throws: ``JournalError/zeroByte``; `DatabaseError` for a text that SQLite does not accept.
  init(_ command: SQL, in database: Database) throws {
    self.database = database
    statement = try database.cachedStatement(sql: command.text)
    let expected = sqlite3_bind_parameter_count(handle)
    guard expected == command.arguments.count else {
      throw DatabaseError(
        resultCode: .SQLITE_MISUSE,
        message: "\(command.arguments.count) arguments for \(expected) places")
    }
    for (index, argument) in command.arguments.enumerated() {
      try bind(argument, at: CInt(index + 1))
    }
  }

  /// Runs the statement, and gives each row to a closure.
  func run(_ take: () -> Void = {}) throws {
    defer { sqlite3_reset(handle) }
    while true {
      switch sqlite3_step(handle) {
      case SQLITE_ROW: take()
      case SQLITE_DONE: return
      case let code: throw failure(code)
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
  private func bind(_ argument: SQLArgument, at index: CInt) throws {
    let code: CInt
    switch argument {
    case .null: code = sqlite3_bind_null(handle, index)
    case .integer(let value): code = sqlite3_bind_int64(handle, index, value)
    case .text(var value): code = try value.withUTF8 { try bind(text: $0, at: index) }
    case .blob(let value) where value.isEmpty: code = sqlite3_bind_zeroblob(handle, index, 0)
    case .blob(let value):
      code = sqlite3_bind_blob(handle, index, value, CInt(value.count), copied)
    }
    guard code == SQLITE_OK else { throw failure(code) }
  }

  private func bind(text: UnsafeBufferPointer<UInt8>, at index: CInt) throws -> CInt {
    guard let start = text.baseAddress, !text.isEmpty else {
      return sqlite3_bind_text(handle, index, "", 0, copied)
    }
    guard memchr(start, 0, text.count) == nil else { throw JournalError.zeroByte }
    return start.withMemoryRebound(to: CChar.self, capacity: text.count) {
      sqlite3_bind_text(handle, index, $0, CInt(text.count), copied)
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
        [UInt8](
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

/// SQLite copies what is bound.
private var copied: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }
