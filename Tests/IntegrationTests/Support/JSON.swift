import Events
import Foundation

/// JSON as a test writes and reads it: by literals, and by paths that may lead nowhere.
///
/// ```swift
/// #expect(order["total"]["amount"] == 1250)
/// ```
struct JSON: Hashable, Sendable {
  let value: JSONValue

  static let null = JSON(value: .null)

  init(value: JSONValue) {
    self.value = value
  }

  init(_ data: Data) throws {
    value = try JSONDecoder().decode(JSONValue.self, from: data)
  }

  /// A member; null where there is none, or no object.
  subscript(name: String) -> JSON { JSON(value: value[name] ?? .null) }

  /// An element; null where there is none, or no array.
  subscript(index: Int) -> JSON {
    let elements = list
    return elements.indices.contains(index) ? elements[index] : .null
  }

  /// The elements of an array; nothing for every other value.
  var list: [JSON] {
    if case .array(let elements) = value { elements.map(JSON.init(value:)) } else { [] }
  }

  /// The text of a string; nil for every other value.
  var string: String? { value.string }

  /// The text of a string; empty for every other value.
  var text: String { value.string ?? "" }

  /// A whole number; nil for every other value.
  var int: Int64? {
    if case .integer(let number) = value { number } else { nil }
  }

  var isNull: Bool { value == .null }

  var data: Data {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return try encoder.encode(value)
    }
  }
}

extension JSON: CustomStringConvertible {
  var description: String {
    (try? data).map { String(decoding: $0, as: UTF8.self) } ?? "\(value)"
  }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
  init(stringLiteral text: String) {
    value = .string(text)
  }
}

extension JSON: ExpressibleByIntegerLiteral {
  init(integerLiteral number: Int64) {
    value = .integer(number)
  }

  init(_ number: Int64) {
    value = .integer(number)
  }
}

extension JSON: ExpressibleByBooleanLiteral {
  init(booleanLiteral bool: Bool) {
    value = .bool(bool)
  }
}

extension JSON: ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
  init(arrayLiteral elements: JSON...) {
    value = .array(elements.map(\.value))
  }

  init(dictionaryLiteral members: (String, JSON)...) {
    value = .object(Dictionary(members.map { ($0, $1.value) }) { $1 })
  }
}
