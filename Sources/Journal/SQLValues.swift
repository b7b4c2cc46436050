// The types that stand in columns. Times are microseconds, identifiers text, digests bytes.

public import Events
public import FoundationEssentials

extension Int64: SQLValue {
  public var argument: SQLArgument { .integer(self) }
  public init?(_ argument: SQLArgument) {
    guard case .integer(let value) = argument else { return nil }
    self = value
  }
}

extension Int: SQLValue {
  public var argument: SQLArgument { .integer(Int64(self)) }
  public init?(_ argument: SQLArgument) {
    guard case .integer(let value) = argument else { return nil }
    self.init(exactly: value)
  }
}

/// Sequence numbers: an SQL integer is signed, and no log reaches 2^63. What does is a stranger's
/// question, and stands for the largest number, which is past every log all the same.
extension UInt64: SQLValue {
  public var argument: SQLArgument { .integer(Int64(clamping: self)) }
  public init?(_ argument: SQLArgument) {
    guard case .integer(let value) = argument else { return nil }
    self.init(exactly: value)
  }
}

extension Bool: SQLValue {
  public var argument: SQLArgument { .integer(self ? 1 : 0) }
  public init?(_ argument: SQLArgument) {
    guard case .integer(let value) = argument else { return nil }
    self = value != 0
  }
}

extension String: SQLValue {
  public var argument: SQLArgument { .text(self) }
  public init?(_ argument: SQLArgument) {
    guard case .text(let value) = argument else { return nil }
    self = value
  }
}

extension Data: SQLValue {
  public var argument: SQLArgument { .blob([UInt8](self)) }
  public init?(_ argument: SQLArgument) {
    guard case .blob(let value) = argument else { return nil }
    self.init(value)
  }
}

extension Optional: SQLValue where Wrapped: SQLValue {
  public var argument: SQLArgument { self?.argument ?? .null }
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
  public var argument: SQLArgument { microseconds.argument }
  public init?(_ argument: SQLArgument) {
    guard let value = UInt64(argument) else { return nil }
    self.init(microseconds: value)
  }
}

extension Identifier: SQLValue {
  public var argument: SQLArgument { .text(description) }
  public init?(_ argument: SQLArgument) {
    guard let value = String(argument) else { return nil }
    self.init(value)
  }
}

extension TraceParent: SQLValue {
  public var argument: SQLArgument { .text(description) }
  public init?(_ argument: SQLArgument) {
    guard let value = String(argument) else { return nil }
    self.init(value)
  }
}

extension Chain: SQLValue {
  public var argument: SQLArgument { bytes.argument }
  public init?(_ argument: SQLArgument) {
    guard case .blob(let value) = argument else { return nil }
    self.init(value)
  }
}

/// All 64 bits of an epoch are random; the database keeps them as a signed number.
extension Epoch: SQLValue {
  public var argument: SQLArgument { .integer(Int64(bitPattern: value)) }
  public init?(_ argument: SQLArgument) {
    guard case .integer(let value) = argument else { return nil }
    self.init(UInt64(bitPattern: value))
  }
}
