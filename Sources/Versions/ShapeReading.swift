// Derives the shape of a type: the type decodes itself from a decoder that has every field and
// records the requests.

import Events
import FoundationEssentials

extension Shape {
  /// The shape of the JSON that a type reads.
  public init(of type: (some Decodable).Type) {
    self = readShape(of: type, inside: []).shape
  }
}

/// Distinguishes an optional from its wrapped type.
private protocol AnyOptional {}
extension Optional: AnyOptional {}

/// The shape of a type, and a value of it to go on with; no value where it cannot be pinned.
///
/// - Parameter outer: the types that it is a part of.
private func readShape<Value: Decodable>(
  of type: Value.Type, inside outer: [ObjectIdentifier]
) -> (shape: Shape, value: Value?) {
  if outer.contains(ObjectIdentifier(type)) {
    return (.unpinnable("\(type) contains itself: a payload has an end"), nil)
  }
  if type is any AnyOptional.Type {
    return (.unpinnable("what may be null is a field: leave it out of a list"), nil)
  }
  if let format = (type as? any FormattedText.Type)?.format {
    return (.text(format), decoded(type, from: format.examples.first))
  }
  if let words = choices(of: type) {
    return (.choice(words), decoded(type, from: words.first))
  }
  let notes = Notes()
  do {
    let value = try Value(
      from: AskedDecoder(notes: notes, types: outer + [ObjectIdentifier(type)]))
    guard !notes.isAskedForKeys else {
      return (.unpinnable("a dictionary has no fixed fields: make it a type, or a list"), nil)
    }
    return (notes.shape, value)
  } catch let problem as Unpinnable {
    return (.unpinnable(problem.reason), nil)
  } catch {
    let name = String(describing: type)
    return (
      .unpinnable(
        "\(name) checks what it reads: make it a FormattedText, or an enum that is CaseIterable"),
      nil
    )
  }
}

private func decoded<Value: Decodable>(_ type: Value.Type, from text: String?) -> Value? {
  guard let text, let json = try? text.json() else { return nil }
  return try? Value(json: json)
}

/// The values of an enum whose cases can be listed.
private func choices(of type: Any.Type) -> [String]? {
  guard let type = type as? any (CaseIterable & RawRepresentable).Type else { return nil }
  return rawValues(of: type)
}

private func rawValues<Choice: CaseIterable & RawRepresentable>(of _: Choice.Type) -> [String]? {
  let words = Choice.allCases.compactMap { $0.rawValue as? String }
  // The order of declaration does not matter.
  return words.count == Choice.allCases.count ? words.sorted() : nil
}

/// The reason for which a type cannot be pinned.
private struct Unpinnable: Error {
  let reason: String
}

/// The requests to one value.
private final class Notes {
  private var fields: [String: Shape.Field] = [:]
  private var whole: Shape?
  /// A dictionary asks which keys there are, and no other type does.
  var isAskedForKeys = false

  var shape: Shape {
    whole ?? .object(fields.values.sorted { $0.name < $1.name })
  }

  func note(_ field: Shape.Field) { fields[field.name] = field }
  func note(whole shape: Shape) { whole = shape }
}

private struct AskedDecoder: Decoder {
  let notes: Notes
  let types: [ObjectIdentifier]
  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy _: Key.Type) -> KeyedDecodingContainer<Key> {
    KeyedDecodingContainer(AskedFields<Key>(notes: notes, types: types))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    AskedElements(notes: notes, types: types)
  }

  func singleValueContainer() -> any SingleValueDecodingContainer {
    AskedValue(notes: notes, types: types)
  }
}

/// The JSON shapes of Swift's numbers and texts.
private func primitive(_ type: Any.Type) throws -> (shape: Shape, value: Any)? {
  switch type {
  case is Bool.Type: return (.boolean, true)
  case is String.Type: return (.text(.plain), "text")
  case is Int64.Type: return (.integer, Int64(1))
  case is Int.Type: return (.integer, 1)
  case is any FixedWidthInteger.Type:
    throw Unpinnable(reason: "a number that is pinned is an Int64, since no other never grows")
  case is any BinaryFloatingPoint.Type:
    throw Unpinnable(reason: "a fraction has no exact value: count in whole units, as an Int64")
  default: return nil
  }
}

private func asked<Value: Decodable>(
  for type: Value.Type, at key: (any CodingKey)? = nil, inside types: [ObjectIdentifier],
  note: (Shape) -> Void
) throws -> Value {
  func unpinnable(_ reason: String) -> Unpinnable {
    Unpinnable(reason: (key.map { "\($0.stringValue): " } ?? "") + reason)
  }
  do {
    if let known = try primitive(type), let value = known.value as? Value {
      note(known.shape)
      return value
    }
  } catch let problem as Unpinnable {
    throw unpinnable(problem.reason)
  }
  let (shape, value) = readShape(of: type, inside: types)
  if case .unpinnable(let reason) = shape { throw unpinnable(reason) }
  note(shape)
  guard let value else { throw unpinnable("none of its examples is read") }
  return value
}

private struct AskedFields<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let notes: Notes
  let types: [ObjectIdentifier]
  var codingPath: [any CodingKey] { [] }
  var allKeys: [Key] {
    notes.isAskedForKeys = true
    return []
  }

  func contains(_: Key) -> Bool { true }
  func decodeNil(forKey _: Key) throws -> Bool { false }

  func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
    try asked(for: type, at: key, inside: types) {
      notes.note(Shape.Field(key.stringValue, shape: $0))
    }
  }

  func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
    try optional(type, key: key)
  }

  // The protocol has implementations of its own for these, which would ask for what must be there.

  func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? {
    try optional(type, key: key)
  }

  func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? {
    try optional(type, key: key)
  }

  func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? {
    try optional(type, key: key)
  }

  func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? {
    try optional(type, key: key)
  }

  private func optional<Value: Decodable>(_ type: Value.Type, key: Key) throws -> Value {
    try asked(for: type, at: key, inside: types) {
      notes.note(Shape.Field(key.stringValue, isOptional: true, shape: $0))
    }
  }

  func nestedContainer<NestedKey: CodingKey>(keyedBy _: NestedKey.Type, forKey key: Key) throws
    -> KeyedDecodingContainer<NestedKey>
  {
    throw Unpinnable(reason: "\(key.stringValue): give nested fields a type of their own")
  }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    throw Unpinnable(reason: "\(key.stringValue): decode a list as an array")
  }

  func superDecoder() throws -> any Decoder { throw Unpinnable(reason: "a class is no payload") }

  func superDecoder(forKey _: Key) throws -> any Decoder { try superDecoder() }
}

/// One element, after which the list is at its end.
private struct AskedElements: UnkeyedDecodingContainer {
  let notes: Notes
  let types: [ObjectIdentifier]
  private(set) var currentIndex = 0
  var codingPath: [any CodingKey] { [] }
  var count: Int? { 1 }
  var isAtEnd: Bool { currentIndex > 0 }

  init(notes: Notes, types: [ObjectIdentifier]) {
    self.notes = notes
    self.types = types
  }

  mutating func decodeNil() throws -> Bool { false }

  mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
    currentIndex += 1
    return try asked(for: type, inside: types) { notes.note(whole: .list($0)) }
  }

  mutating func nestedContainer<NestedKey: CodingKey>(keyedBy _: NestedKey.Type) throws
    -> KeyedDecodingContainer<NestedKey>
  {
    throw Unpinnable(reason: "give the elements of a list a type of their own")
  }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
    throw Unpinnable(reason: "give the elements of a list a type of their own")
  }

  mutating func superDecoder() throws -> any Decoder {
    throw Unpinnable(reason: "a class is no payload")
  }
}

private struct AskedValue: SingleValueDecodingContainer {
  let notes: Notes
  let types: [ObjectIdentifier]
  var codingPath: [any CodingKey] { [] }

  func decodeNil() -> Bool { false }

  func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
    try asked(for: type, inside: types) { notes.note(whole: $0) }
  }
}
