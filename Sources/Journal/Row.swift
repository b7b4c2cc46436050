import FoundationEssentials
import GRDB

/// One row of an answer, read by column names.
public struct Row {
  let columns: GRDB.Row

  /// The value of a column.
  ///
  /// - Throws: ``JournalError`` with the code `malformed` when the column is missing or holds
  ///   another kind of value, which a database written by this program never does.
  public func value<Value: SQLValue>(_ column: String, as type: Value.Type = Value.self) throws
    -> Value
  {
    guard let stored: DatabaseValue = columns[column],
      let value = Value(SQLArgument(stored))
    else {
      throw JournalError(
        .malformed, "the column “\(column)” holds no \(Value.self): \(columns)")
    }
    return value
  }
}

extension SQLArgument {
  init(_ stored: DatabaseValue) {
    self =
      switch stored.storage {
      case .null: .null
      case .int64(let value): .integer(value)
      case .double(let value): .integer(Int64(value))
      case .string(let value): .text(value)
      case .blob(let value): .blob([UInt8](value))
      }
  }

  var stored: DatabaseValue {
    switch self {
    case .null: .null
    case .integer(let value): value.databaseValue
    case .text(let value): value.databaseValue
    case .blob(let value): Data(value).databaseValue
    }
  }
}
