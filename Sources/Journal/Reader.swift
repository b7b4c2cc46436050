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
    let arguments = try query.bound
    return try inWords {
      try GRDB.Row.fetchAll(try cachedStatement(sql: query.text), arguments: arguments)
        .map(Row.init)
    }
  }

  func run(_ command: SQL) throws {
    let arguments = try command.bound
    try inWords { try cachedStatement(sql: command.text).execute(arguments: arguments) }
  }

  /// The error of a statement is described without its text, because its readers do not know the
  /// tables.
  private func inWords<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch {
      throw JournalError.ofStatement(error)
    }
  }
}

extension SQL {
  fileprivate var bound: StatementArguments {
    get throws {
      guard arguments.allSatisfy(\.isStorable) else {
        throw JournalError.zeroByte
      }
      return StatementArguments(arguments.map(\.stored))
    }
  }
}
