import FoundationEssentials
import GRDB
import GRDBSQLite
import Glibc

/// A prepared statement of SQLite, bound and stepped directly.
///
/// GRDB prepares it. GRDB's own execution would copy the arguments twice and the text once for observers
/// that a journal does not have.
struct PreparedStatement {
  private let database: Database
  private let statement: Statement
  private let arguments: [SQLArgument]

  /// Prepares a statement, or finds it prepared.
  ///
  /// - Parameters:
  ///   - command: the statement.
  ///   - database: inside a transaction.
  ///   - commands: where it is kept; nil for GRDB's cache.
  /// - Throws: `DatabaseError` for a text that SQLite does not accept.
  init(_ command: SQL, in database: Database, keptIn commands: PreparedCommands? = nil) throws {
    self.database = database
    arguments = command.arguments
    statement =
      try commands?.statement(command.text, in: database)
      ?? database.cachedStatement(sql: command.text)
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
    // SQLite keeps no copy of the texts and bytes, and must not look at them later: they lie beside
    // one another while the statement runs.
    let size = arguments.reduce(0) { $0 + $1.size }
    try withUnsafeTemporaryAllocation(byteCount: size, alignment: 1) { room in
      defer { sqlite3_clear_bindings(handle) }
      var used = 0
      for (index, argument) in arguments.enumerated() {
        let rest = UnsafeMutableRawBufferPointer(rebasing: room[used..<(used + argument.size)])
        let code = try bind(argument, at: CInt(index + 1), in: rest)
        guard code == SQLITE_OK else { throw failure(code) }
        used += rest.count
      }
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
  /// Binds an argument, of which the bytes are copied.
  ///
  /// - Parameter room: as much as it has bytes.
  private func bind(
    _ argument: SQLArgument, at place: CInt, in room: UnsafeMutableRawBufferPointer
  ) throws -> CInt {
    switch argument {
    case .null: return sqlite3_bind_null(handle, place)
    case .integer(let value): return sqlite3_bind_int64(handle, place, value)
    case .text(let value):
      room.copyBytes(from: value.utf8)
      // Without an address it would be null.
      guard let start = room.baseAddress, !room.isEmpty else {
        return sqlite3_bind_text(
          handle, place, UnsafeRawPointer(emptyText.utf8Start).assumingMemoryBound(to: CChar.self),
          0, nil)
      }
      guard memchr(start, 0, room.count) == nil else { throw JournalError.zeroByte }
      return sqlite3_bind_text(
        handle, place, start.assumingMemoryBound(to: CChar.self), CInt(room.count), nil)
    case .blob(let value):
      value.withUnsafeBytes(room.copyMemory(from:))
      guard let start = room.baseAddress, !room.isEmpty else {
        return sqlite3_bind_zeroblob(handle, place, 0)
      }
      return sqlite3_bind_blob(handle, place, start, CInt(room.count), nil)
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
  /// The number of bytes that lie outside of the statement.
  fileprivate var size: Int {
    switch self {
    case .null, .integer: 0
    case .text(let value): value.utf8.count
    case .blob(let value): value.count
    }
  }

  fileprivate static func fraction(_ value: Double) -> SQLArgument {
    Int64(exactly: value).map(Self.integer) ?? .text("\(value)")
  }
}

/// A text of no bytes, at an address that stays.
private let emptyText = StaticString("")
