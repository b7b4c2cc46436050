// The types of columns. Times are microseconds, identifiers text, digests bytes.

public import Events
public import FoundationEssentials
public import Runtime

extension Int64: SQLValue {
  /// A whole number.
  public var argument: SQLArgument { .integer(self) }

  /// Reads a whole number; nil for anything else.
  public init?(_ argument: SQLArgument) {
    guard case .integer(let value) = argument else { return nil }
    self = value
  }
}

extension Int: SQLValue {
  /// A whole number.
  public var argument: SQLArgument { .integer(Int64(self)) }

  /// Reads a whole number; nil for anything else.
  public init?(_ argument: SQLArgument) {
    guard case .integer(let value) = argument else { return nil }
    self.init(exactly: value)
  }
}

/// Sequence numbers. An SQL integer is signed, and no log reaches 2^63. A larger number comes only
/// from a peer's request. It is stored as the largest integer, which is past every log too.
extension UInt64: SQLValue {
  /// A whole number.
  public var argument: SQLArgument { .integer(Int64(clamping: self)) }

  /// Reads a whole number that is not negative; nil for anything else.
  public init?(_ argument: SQLArgument) {
    guard case .integer(let value) = argument else { return nil }
    self.init(exactly: value)
  }
}

extension Bool: SQLValue {
  /// 1 for true, 0 for false.
  public var argument: SQLArgument { .integer(self ? 1 : 0) }

  /// Reads a number, of which 0 is false; nil for anything else.
  public init?(_ argument: SQLArgument) {
    guard case .integer(let value) = argument else { return nil }
    self = value != 0
  }
}

extension String: SQLValue {
  /// Text.
  public var argument: SQLArgument { .text(self) }

  /// Reads text; nil for anything else.
  public init?(_ argument: SQLArgument) {
    guard case .text(let value) = argument else { return nil }
    self = value
  }
}

extension Data: SQLValue {
  /// Bytes.
  public var argument: SQLArgument { .blob(self) }

  /// Reads bytes; nil for anything else.
  public init?(_ argument: SQLArgument) {
    guard case .blob(let value) = argument else { return nil }
    self = value
  }
}

extension Optional: SQLValue where Wrapped: SQLValue {
  /// The value, or null.
  public var argument: SQLArgument { self?.argument ?? .null }

  /// Reads null as nil; nil for anything else.
  public init?(_ argument: SQLArgument) {
    if argument == .null {
      self = .none
    } else {
      guard let value = Wrapped(argument) else { return nil }
      self = .some(value)
    }
  }
}

extension Timestamp: SQLValue {
  /// Microseconds since 1970.
  public var argument: SQLArgument { microseconds.argument }

  /// Reads microseconds since 1970; nil for anything else.
  public init?(_ argument: SQLArgument) {
    guard let value = UInt64(argument) else { return nil }
    self.init(microseconds: value)
  }
}

extension Identifier: SQLValue {
  /// The text form.
  public var argument: SQLArgument { .text(description) }

  /// Reads the text form; nil for anything else.
  public init?(_ argument: SQLArgument) {
    guard let value = String(argument) else { return nil }
    self.init(value)
  }
}

extension TraceParent: SQLValue {
  /// The text form.
  public var argument: SQLArgument { .text(description) }

  /// Reads the text form; nil for anything else.
  public init?(_ argument: SQLArgument) {
    guard let value = String(argument) else { return nil }
    self.init(value)
  }
}

extension TraceState: SQLValue {
  /// The text form.
  public var argument: SQLArgument { .text(description) }

  /// Reads the text form; nil for anything else.
  public init?(_ argument: SQLArgument) {
    guard let value = String(argument) else { return nil }
    self.init(value)
  }
}

extension Chain: SQLValue {
  /// The 16 bytes.
  public var argument: SQLArgument { bytes.argument }

  /// Reads the 16 bytes; nil for anything else.
  public init?(_ argument: SQLArgument) {
    guard case .blob(let value) = argument else { return nil }
    self.init(value)
  }
}

/// All 64 bits of an epoch are random; the database keeps them as a signed number.
extension Epoch: SQLValue {
  /// The 64 bits as a signed number.
  public var argument: SQLArgument { .integer(Int64(bitPattern: value)) }

  /// Reads the 64 bits of a signed number; nil for anything else.
  public init?(_ argument: SQLArgument) {
    guard case .integer(let value) = argument else { return nil }
    self.init(UInt64(bitPattern: value))
  }
}
