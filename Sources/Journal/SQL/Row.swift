/// One row of a result, read by column names.
public struct Row: Sendable {
  /// The names of the columns: one array for all rows of a result.
  let columns: [String]
  let values: [SQLArgument]

  /// The value of a column.
  ///
  /// - Throws: ``JournalError`` with the code `malformed` when the column is missing or holds
  ///   another kind of value, which a database written by this program never does.
  public func value<Value: SQLValue>(_ column: String, as type: Value.Type = Value.self) throws
    -> Value
  {
    guard let stored = self[column], let value = Value(stored) else {
      throw missing(column, type: Value.self)
    }
    return value
  }

  /// The value of a column that holds the raw value of an enumeration or a code.
  public func value<Value: RawRepresentable>(_ column: String) throws -> Value
  where Value.RawValue: SQLValue {
    guard let value: Value = try value(column) else { throw missing(column, type: Value.self) }
    return value
  }

  /// The value of a column that may hold the raw value of an enumeration or a code.
  public func value<Value: RawRepresentable>(_ column: String) throws -> Value?
  where Value.RawValue: SQLValue {
    guard let raw = try value(column, as: Value.RawValue?.self) else { return nil }
    guard let value = Value(rawValue: raw) else { throw missing(column, type: Value.self) }
    return value
  }

  private func missing(_ column: String, type: Any.Type) -> JournalError {
    let found: String
    if let stored = self[column] {
      found = "holds \(stored.kind), which is no \(type)"
    } else {
      found = "is missing"
    }
    return JournalError(.malformed, summary: "the column “\(column)” \(found)")
  }
}

extension Row {
  private subscript(column: String) -> SQLArgument? {
    columns.firstIndex(of: column).map { values[$0] }
  }
}

extension SQLArgument {
  /// Its kind, in a sentence.
  fileprivate var kind: String {
    switch self {
    case .null: "nothing"
    case .integer: "a whole number"
    case .text: "a text"
    case .blob: "bytes"
    }
  }
}
