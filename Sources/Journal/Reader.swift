import GRDB

/// Whatever answers a query: a transaction, or a snapshot of what was committed.
public protocol Reader {
  /// All rows of an answer.
  func rows(_ query: SQL) throws -> [Row]
}

extension Reader {
  /// The first row of an answer.
  public func row(_ query: SQL) throws -> Row? {
    try rows(query).first
  }

  /// The first column, named `value`, of the first row.
  public func value<Value: SQLValue>(_ query: SQL, as type: Value.Type = Value.self) throws
    -> Value?
  {
    try row(query)?.value("value")
  }
}

/// What was committed at one moment, to read from.
public struct Snapshot: Reader {
  let database: Database

  /// All rows of an answer.
  public func rows(_ query: SQL) throws -> [Row] {
    try database.rows(query)
  }
}

extension Database {
  func rows(_ query: SQL) throws -> [Row] {
    let statement = try cachedStatement(sql: query.text)
    return try GRDB.Row.fetchAll(statement, arguments: try query.bound).map(Row.init)
  }

  func run(_ command: SQL) throws {
    let statement = try cachedStatement(sql: command.text)
    try statement.execute(arguments: try command.bound)
  }
}

extension SQL {
  fileprivate var bound: StatementArguments {
    get throws {
      guard arguments.allSatisfy(\.isStorable) else {
        throw JournalError(.malformed, "a text with a zero byte in it cannot be kept: \(text)")
      }
      return StatementArguments(arguments.map(\.stored))
    }
  }
}
