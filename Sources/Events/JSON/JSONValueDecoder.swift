// Reads typed values from a parsed JSON value. Every failure names its field by the coding path.

public import FoundationEssentials

extension JSONValue {
  /// Reads JSON, strictly by RFC 8259: every name once, at most 32 levels.
  ///
  /// - Throws: ``JSONSyntaxError`` with the fault and its byte.
  public init(parsing json: Data) throws(JSONSyntaxError) {
    try self.init(parsing: json, takesInfinity: false)
  }

  /// Reads JSON from which a typed value is decoded later.
  ///
  /// - Parameter takesInfinity: whether a number beyond the range of doubles is no fault here, so
  ///   that the decoder names it by its path, or ignores it with its member.
  package init(parsing json: Data, takesInfinity: Bool) throws(JSONSyntaxError) {
    let result = json.withUnsafeBytes { bytes in
      Result { () throws(JSONSyntaxError) in
        var parser = JSONParser(
          bytes.assumingMemoryBound(to: UInt8.self), takesInfinity: takesInfinity)
        return try parser.document()
      }
    }
    self = try result.get()
  }

  /// Whether every number in it can be written.
  fileprivate var isFinite: Bool {
    switch self {
    case .number(let number): number.isFinite
    case .array(let elements): elements.allSatisfy(\.isFinite)
    case .object(let members): members.values.allSatisfy(\.isFinite)
    case .null, .bool, .integer, .unsigned, .string: true
    }
  }

  /// The value as another type.
  ///
  /// A whole number is read from a number that is exactly one and fits. Members that the type does
  /// not know are ignored.
  ///
  /// - Throws: `DecodingError` with the path of the member that is wrong.
  public func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
    try JSONValueDecoder(value: self, path: nil).read(type)
  }
}

extension Decodable {
  /// Reads a value from JSON: strictly by RFC 8259, every name once, at most 32 levels.
  ///
  /// - Throws: ``JSONSyntaxError`` for bytes that are not JSON; `DecodingError` with the path of
  ///   the member that is wrong.
  public init(json: Data) throws {
    self = try JSONValue(parsing: json, takesInfinity: true).decode()
  }
}

/// The place of a value in a document: a list from the inside out, so that going deeper copies
/// nothing.
final class JSONPath: Sendable {
  let parent: JSONPath?
  let key: any CodingKey

  init(_ key: any CodingKey, in parent: JSONPath?) {
    self.key = key
    self.parent = parent
  }

  var keys: [any CodingKey] { (parent?.keys ?? []) + [key] }
}

/// An element's place in a list.
struct JSONIndex: CodingKey {
  let intValue: Int?
  var stringValue: String { "\(intValue ?? 0)" }

  init(intValue: Int) { self.intValue = intValue }
  init?(stringValue: String) { nil }
}

/// One value that a type decodes itself from.
struct JSONValueDecoder: Decoder {
  let value: JSONValue
  let path: JSONPath?

  var codingPath: [any CodingKey] { path?.keys ?? [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy _: Key.Type) throws -> KeyedDecodingContainer<Key> {
    guard case .object(let members) = value else { throw mismatch([String: Any].self) }
    return KeyedDecodingContainer(JSONMembers<Key>(members: members, path: path))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    guard case .array(let elements) = value else { throw mismatch([Any].self) }
    return JSONElements(elements: elements, path: path)
  }

  func singleValueContainer() -> any SingleValueDecodingContainer { self }

  /// The value as a type: a primitive as it is, any other by its own `init(from:)`.
  func read<Value: Decodable>(_ type: Value.Type) throws -> Value {
    let known: Any? =
      switch type {
      case is JSONValue.Type: try any()
      case is String.Type: try text()
      case is Bool.Type: try bool()
      case is Int64.Type: try integer(Int64.self)
      case is Int.Type: try integer(Int.self)
      case is UInt64.Type: try integer(UInt64.self)
      case is Double.Type: try double()
      default: nil
      }
    if let known = known as? Value { return known }
    return try Value(from: self)
  }

  func mismatch(_ type: any Any.Type) -> DecodingError {
    let context = DecodingError.Context(
      codingPath: codingPath, debugDescription: "the value is not of this type")
    return value == .null ? .valueNotFound(type, context) : .typeMismatch(type, context)
  }
}

extension JSONValueDecoder {
  fileprivate func any() throws -> JSONValue {
    guard value.isFinite else { throw mismatch(Double.self) }
    return value
  }

  fileprivate func text() throws -> String {
    guard case .string(let text) = value else { throw mismatch(String.self) }
    return text
  }

  fileprivate func bool() throws -> Bool {
    guard case .bool(let bool) = value else { throw mismatch(Bool.self) }
    return bool
  }

  func integer<Number: FixedWidthInteger>(_ type: Number.Type) throws -> Number {
    let number: Number? =
      switch value {
      case .integer(let whole): Number(exactly: whole)
      case .unsigned(let whole): Number(exactly: whole)
      default: nil
      }
    guard let number else { throw mismatch(type) }
    return number
  }

  fileprivate func double() throws -> Double {
    switch value {
    case .number(let number) where number.isFinite: return number
    case .integer(let number): return Double(number)
    case .unsigned(let number): return Double(number)
    default: throw mismatch(Double.self)
    }
  }
}
