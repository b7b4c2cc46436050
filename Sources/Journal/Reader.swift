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

  public func rows(_ query: SQL) throws -> [Row] {
    try database.rows(query)
  }
}

extension Database {
  func rows(_ query: SQL) throws -> [Row] {
    let statement = try cachedStatement(sql: query.text)
    return try GRDB.Row.fetchAll(statement, arguments: query.bound).map(Row.init)
  }

  func run(_ command: SQL) throws {
    try cachedStatement(sql: command.text).execute(arguments: command.bound)
  }
}

extension SQL {
  fileprivate var bound: StatementArguments {
    StatementArguments(arguments.map(\.stored))
  }
}
