public import FoundationEssentials

/// A statement in portable SQL, written as a string whose interpolations become arguments.
///
/// ```swift
/// try transaction.run("UPDATE carts SET state = \(state) WHERE id = \(cart)")
/// ```
///
/// No value is ever pasted into the text, so that no input can become SQL, and equal statements
/// have equal texts and are prepared once. The engine's own types stay inside this module: the
/// same domain code is to run on another engine.
public struct SQL: ExpressibleByStringInterpolation, Sendable {
  var text: String
  var arguments: [SQLArgument]

  init(text: String, arguments: [SQLArgument]) {
    self.text = text
    self.arguments = arguments
  }

  /// A statement without arguments.
  public init(stringLiteral text: String) {
    self.text = text
    arguments = []
  }

  /// A statement from its pieces; the compiler calls this.
  public init(stringInterpolation pieces: StringInterpolation) {
    text = pieces.text
    arguments = pieces.arguments
  }

  /// One statement after another, with a space between them.
  public static func + (left: SQL, right: SQL) -> SQL {
    var joined = left
    joined.text += " " + right.text
    joined.arguments += right.arguments
    return joined
  }

  /// Collects the text and the arguments of a statement.
  public struct StringInterpolation: StringInterpolationProtocol {
    var text = ""
    var arguments: [SQLArgument] = []

    /// Room for the pieces; the compiler calls this.
    public init(literalCapacity: Int, interpolationCount: Int) {
      text.reserveCapacity(literalCapacity + interpolationCount)
      arguments.reserveCapacity(interpolationCount)
    }

    /// Adds text as it is.
    public mutating func appendLiteral(_ literal: String) {
      text += literal
    }

    /// Adds a value as an argument.
    public mutating func appendInterpolation(_ value: some SQLValue) {
      text += "?"
      arguments.append(value.argument)
    }

    /// Adds a value that may be absent as an argument.
    public mutating func appendInterpolation<Value: SQLValue>(_ value: Value?) {
      text += "?"
      arguments.append(value.argument)
    }

    /// Adds the raw value of an enumeration or a code as an argument.
    public mutating func appendInterpolation<Value: RawRepresentable>(_ value: Value)
    where Value.RawValue: SQLValue {
      appendInterpolation(value.rawValue)
    }

    /// Adds the raw value of an enumeration or a code that may be absent as an argument.
    public mutating func appendInterpolation<Value: RawRepresentable>(_ value: Value?)
    where Value.RawValue: SQLValue {
      appendInterpolation(value?.rawValue)
    }
  }
}

/// A value as the database keeps it.
public enum SQLArgument: Hashable, Sendable {
  /// Unknown or absent.
  case null
  /// A whole number.
  case integer(Int64)
  /// Text.
  case text(String)
  /// Bytes.
  case blob(Data)
}

/// A type of values in a column.
public protocol SQLValue {
  /// The value as the database keeps it.
  var argument: SQLArgument { get }
  /// Reads a value of the database; nil when it is of another kind.
  init?(_ argument: SQLArgument)
}
