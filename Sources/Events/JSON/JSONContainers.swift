// The members of an object and the elements of an array, as `Decodable` asks for them.

/// The members of an object.
struct JSONMembers<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let object: JSONReader

  var codingPath: [any CodingKey] { object.codingPath }
  var allKeys: [Key] {
    object.text.children(of: object.index).compactMap {
      object.text.string(at: $0).flatMap(Key.init(stringValue:))
    }
  }

  func contains(_ key: Key) -> Bool {
    object.text.member(key.stringValue, of: object.index) != nil
  }

  func decodeNil(forKey key: Key) throws -> Bool { try member(key).kind == .null }

  func decode(_ type: String.Type, forKey key: Key) throws -> String {
    try member(key).decode(type)
  }

  func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try member(key).decode(type) }
  func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try member(key).decode(type) }
  func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try member(key).decode(type) }
  func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 {
    try member(key).decode(type)
  }
  func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 {
    try member(key).decode(type)
  }

  func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
    try member(key).read(type)
  }

  func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) throws
    -> KeyedDecodingContainer<Nested>
  {
    try member(key).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try member(key).unkeyedContainer()
  }

  func superDecoder() throws -> any Decoder { object }

  func superDecoder(forKey key: Key) throws -> any Decoder { try member(key) }

  private func member(_ key: Key) throws -> JSONReader {
    guard let index = object.text.member(key.stringValue, of: object.index) else {
      throw DecodingError.keyNotFound(
        key, DecodingError.Context(codingPath: codingPath, debugDescription: "is missing"))
    }
    return JSONReader(text: object.text, index: index)
  }
}

/// The elements of an array, one after another.
struct JSONElements: UnkeyedDecodingContainer {
  private let array: JSONReader
  private var place: Int
  private(set) var currentIndex = 0
  let count: Int?

  init(array: JSONReader) {
    self.array = array
    place = array.index + 1
    count = Array(array.text.children(of: array.index)).count
  }

  var codingPath: [any CodingKey] { array.codingPath }
  var isAtEnd: Bool { currentIndex == count }

  mutating func decodeNil() throws -> Bool {
    let isNil = try element().kind == .null
    if isNil { advance() }
    return isNil
  }

  mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
    try taking { try $0.read(type) }
  }

  mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) throws
    -> KeyedDecodingContainer<Nested>
  {
    try taking { try $0.container(keyedBy: type) }
  }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
    try taking { try $0.unkeyedContainer() }
  }

  mutating func superDecoder() throws -> any Decoder { try taking { $0 } }

  /// Reads the next element, and moves past it unless that fails.
  private mutating func taking<Value>(_ read: (JSONReader) throws -> Value) throws -> Value {
    let value = try read(try element())
    advance()
    return value
  }

  private mutating func advance() {
    place = array.text.tokens[place].next
    currentIndex += 1
  }

  private func element() throws -> JSONReader {
    guard !isAtEnd else {
      let path = codingPath + [JSONKey(index: currentIndex)]
      throw DecodingError.valueNotFound(
        Any.self, DecodingError.Context(codingPath: path, debugDescription: "is missing"))
    }
    return JSONReader(text: array.text, index: place)
  }
}
