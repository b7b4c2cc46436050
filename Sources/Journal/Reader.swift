package import Runtime

/// A source of rows: a transaction, or a snapshot of committed data.
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

/// The committed data at one moment, to read from.
public struct Snapshot: Reader {
  let connection: any Connection

  /// The present time of the database's own clock, where several machines may write to it; else nil.
  package func sharedClock() throws -> Timestamp? { try connection.sharedClock() }

  /// All rows of an answer.
  public func rows(_ query: SQL) throws -> [Row] {
    try connection.rows(query)
  }
}
