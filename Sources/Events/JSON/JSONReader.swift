// Reads typed values from a JSON text. Every failure names its field by the coding path.

public import FoundationEssentials

extension JSONValue {
  /// Reads JSON, strictly by RFC 8259: every name once, at most 32 levels.
  ///
  /// - Throws: ``JSONSyntaxError`` with the fault and its byte.
  public init(parsing json: Data) throws(JSONSyntaxError) {
    self = try JSONText(json, takesInfinity: false).value(at: 0)
  }

  /// The value as another type.
  ///
  /// A whole number is read from a number that is exactly one and fits. Members that the type does
  /// not know are ignored.
  ///
  /// - Throws: `DecodingError` with the path of the member that is wrong.
  public func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
    try Value(json: json())
  }
}

extension Decodable {
  /// Reads a value from JSON: strictly by RFC 8259, every name once, at most 32 levels.
  ///
  /// - Throws: ``JSONSyntaxError`` for bytes that are not JSON; `DecodingError` with the path of
  ///   the member that is wrong.
  public init(json: Data) throws {
    // A number beyond the range of doubles is no fault here: the reader names it by its path, or
    // ignores it with its member.
    self = try JSONReader(text: try JSONText(json, takesInfinity: true), index: 0).read(Self.self)
  }
}

/// One value of a text, from which a type decodes itself.
struct JSONReader: Decoder {
  let text: JSONText
  let index: Int

  var codingPath: [any CodingKey] { text.path(to: index) }
  var userInfo: [CodingUserInfoKey: Any] { [:] }
  var kind: JSONText.Token.Kind { text.tokens[index].kind }

  func container<Key: CodingKey>(keyedBy _: Key.Type) throws -> KeyedDecodingContainer<Key> {
    guard kind == .object else { throw mismatch([String: Any].self) }
    return KeyedDecodingContainer(JSONMembers<Key>(object: self))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    guard kind == .array else { throw mismatch([Any].self) }
    return JSONElements(array: self)
  }

  func singleValueContainer() -> any SingleValueDecodingContainer { self }

  /// The value as a type that reads itself, or as it is.
  func read<Value: Decodable>(_ type: Value.Type) throws -> Value {
    if type == JSONValue.self { return try any(as: type) }
    return try Value(from: self)
  }

  // Apart, so that other types do not pay for the cast.
  @inline(never)
  private func any<Value: Decodable>(as _: Value.Type) throws -> Value {
    guard let value = try any() as? Value else { throw mismatch(Value.self) }
    return value
  }

  func mismatch(_ type: any Any.Type) -> DecodingError {
    let context = DecodingError.Context(
      codingPath: codingPath, debugDescription: "the value is not of this type")
    return kind == .null ? .valueNotFound(type, context) : .typeMismatch(type, context)
  }

  private func any() throws -> JSONValue {
    if let number = text.unwritableNumber(in: index) {
      throw JSONReader(text: text, index: number).mismatch(Double.self)
    }
    return text.value(at: index)
  }
}

extension JSONReader: SingleValueDecodingContainer {
  func decodeNil() -> Bool { kind == .null }

  func decode(_ type: Bool.Type) throws -> Bool {
    switch kind {
    case .yes: return true
    case .no: return false
    default: throw mismatch(type)
    }
  }

  func decode(_ type: String.Type) throws -> String {
    guard let string = text.string(at: index) else { throw mismatch(type) }
    return string
  }

  func decode(_ type: Double.Type) throws -> Double {
    switch text.number(at: index) {
    case .number(let number) where number.isFinite: return number
    case .integer(let number): return Double(number)
    case .unsigned(let number): return Double(number)
    default: throw mismatch(type)
    }
  }

  func decode(_ type: Float.Type) throws -> Float {
    let number = Float(try decode(Double.self))
    guard number.isFinite else { throw mismatch(type) }
    return number
  }

  func decode(_ type: Int.Type) throws -> Int { try integer(type) }
  func decode(_ type: Int8.Type) throws -> Int8 { try integer(type) }
  func decode(_ type: Int16.Type) throws -> Int16 { try integer(type) }
  func decode(_ type: Int32.Type) throws -> Int32 { try integer(type) }
  func decode(_ type: Int64.Type) throws -> Int64 { try integer(type) }
  func decode(_ type: UInt.Type) throws -> UInt { try integer(type) }
  func decode(_ type: UInt8.Type) throws -> UInt8 { try integer(type) }
  func decode(_ type: UInt16.Type) throws -> UInt16 { try integer(type) }
  func decode(_ type: UInt32.Type) throws -> UInt32 { try integer(type) }
  func decode(_ type: UInt64.Type) throws -> UInt64 { try integer(type) }
  func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try read(type) }

  private func integer<Number: FixedWidthInteger>(_ type: Number.Type) throws -> Number {
    let number: Number? =
      switch text.number(at: index) {
      case .integer(let whole): Number(exactly: whole)
      case .unsigned(let whole): Number(exactly: whole)
      default: nil
      }
    guard let number else { throw mismatch(type) }
    return number
  }
}
