import FoundationEssentials
import Runtime

/// A JSON text that was read once: its bytes, and the place of every value in them.
///
/// Nothing is copied out of the bytes before it is asked for, so that reading a document into a type
/// costs its bytes once and the members of the type.
final class JSONText: Sendable {
  /// One value, or the name of a member, which comes before the member's value.
  struct Token {
    enum Kind {
      case null, yes, no, array, object
      /// A whole number of at most 18 digits, without fraction and exponent.
      case digits
      /// Any other number.
      case number
      /// A string of plain ASCII.
      case plain
      /// A string with escapes or other characters.
      case text
    }

    var kind: Kind
    /// The bytes of a number, or the bytes between the quotation marks of a string.
    var bytes: Range<Int>
    /// The token after this value and all that is in it.
    var next: Int
  }

  let bytes: [UInt8]
  let tokens: [Token]

  /// Reads a whole text.
  ///
  /// - Parameter takesInfinity: whether a number beyond the range of doubles is no fault here: a typed
  ///   reader names it by its path, or ignores its member.
  convenience init(_ json: Data, takesInfinity: Bool) throws(JSONSyntaxError) {
    try self.init([UInt8](json), takesInfinity: takesInfinity)
  }

  /// Reads a whole text.
  convenience init(_ bytes: [UInt8], takesInfinity: Bool) throws(JSONSyntaxError) {
    self.init(bytes: bytes, tokens: try Self.tokens(of: bytes, takesInfinity: takesInfinity))
  }

  /// A text, or a part of one, that was read.
  init(bytes: [UInt8], tokens: [Token]) {
    self.bytes = bytes
    self.tokens = tokens
  }

  private static func tokens(
    of bytes: [UInt8], takesInfinity: Bool
  ) throws(JSONSyntaxError) -> [Token] {
    let result = bytes.withUnsafeBufferPointer { bytes in
      Result { () throws(JSONSyntaxError) in
        var parser = JSONParser(bytes, takesInfinity: takesInfinity)
        return try parser.document()
      }
    }
    return try result.get()
  }
}

// MARK: Values

extension JSONText {
  /// The string at an index; nil where another value is.
  func string(at index: Int) -> String? {
    let token = tokens[index]
    switch token.kind {
    case .plain: return String(decoding: bytes[token.bytes], as: UTF8.self)
    case .text: return bytes.withUnsafeBufferPointer { JSONParser.text($0, at: token.bytes) }
    default: return nil
    }
  }

  /// Whether the string at an index is this one, after a beginning that is given apart; also false for
  /// a string with escapes or characters beyond ASCII.
  func isString(_ string: String, after beginning: String = "", at index: Int) -> Bool {
    let token = tokens[index]
    guard token.kind == .plain, token.bytes.count == beginning.utf8.count + string.utf8.count else {
      return false
    }
    let behind = token.bytes.lowerBound + beginning.utf8.count
    return isText(beginning, at: token.bytes.lowerBound) && isText(string, at: behind)
  }

  /// Whether the bytes of a text stand at a place, which so many bytes follow.
  private func isText(_ text: String, at place: Int) -> Bool {
    var text = text
    return text.withUTF8 { wanted in
      bytes.withUnsafeBytes {
        $0[place..<place + wanted.count].elementsEqual(wanted)
      }
    }
  }

  /// The value whose form is the string at an index; nil for another value, and for a string with
  /// escapes or characters beyond ASCII.
  func value<Value: ASCIIForm>(at index: Int) -> Value? {
    let token = tokens[index]
    guard token.kind == .plain else { return nil }
    return bytes.withUnsafeBufferPointer {
      Value(ascii: UnsafeBufferPointer(rebasing: $0[token.bytes]))
    }
  }

  /// The number at an index; nil where another value is.
  func number(at index: Int) -> JSONValue? {
    let token = tokens[index]
    switch token.kind {
    case .digits: return .integer(whole(token.bytes))
    case .number: return bytes.withUnsafeBufferPointer { JSONParser.number($0, at: token.bytes) }
    default: return nil
    }
  }

  /// At most 18 digits, after a sign or none.
  private func whole(_ range: Range<Int>) -> Int64 {
    let isNegative = bytes[range.lowerBound] == UInt8(ascii: "-")
    let size = bytes[range].dropFirst(isNegative ? 1 : 0).reduce(0 as Int64) {
      $0 * 10 + Int64($1 - UInt8(ascii: "0"))
    }
    return isNegative ? -size : size
  }

  /// The first number in a value that is beyond the range of doubles, so that it could not be
  /// written again; nil without one.
  func unwritableNumber(in index: Int) -> Int? {
    (index..<tokens[index].next).first { place in
      guard tokens[place].kind == .number, case .number(let number)? = number(at: place) else {
        return false
      }
      return !number.isFinite
    }
  }

  /// The value at an index with all that is in it.
  func value(at index: Int) -> JSONValue {
    switch tokens[index].kind {
    case .null: return .null
    case .yes: return .bool(true)
    case .no: return .bool(false)
    case .plain, .text: return .string(string(at: index) ?? "")
    case .digits, .number: return number(at: index) ?? .null
    case .array: return .array(children(of: index).map(value(at:)))
    case .object:
      var members: [String: JSONValue] = [:]
      for name in children(of: index) {
        members[string(at: name) ?? ""] = value(at: name + 1)
      }
      return .object(members)
    }
  }
}

// MARK: Places

extension JSONText {
  /// The indices of an array's elements, or of the names of an object's members.
  func children(of index: Int) -> some Sequence<Int> {
    let end = tokens[index].next
    let isObject = tokens[index].kind == .object
    return sequence(state: index + 1) { [tokens] place -> Int? in
      guard place < end else { return nil }
      defer { place = tokens[isObject ? place + 1 : place].next }
      return place
    }
  }

  /// The index of a member's value; nil where the object has none of this name.
  func member(_ name: String, of index: Int) -> Int? {
    let end = tokens[index].next
    var place = index + 1
    while place < end {
      if isName(name, at: place) { return place + 1 }
      place = tokens[place + 1].next
    }
    return nil
  }

  /// Whether a name of plain ASCII stands at an index.
  func isName(_ name: UnsafeBufferPointer<UInt8>, at index: Int) -> Bool {
    let token = tokens[index]
    guard token.kind == .plain else {
      return string(at: index) == String(decoding: name, as: UTF8.self)
    }
    guard token.bytes.count == name.count else { return false }
    return bytes.withUnsafeBufferPointer { $0[token.bytes].elementsEqual(name) }
  }

  /// Equal names may differ in their bytes, as in Swift's strings: an accent may be a character of its
  /// own.
  private func isName(_ name: String, at index: Int) -> Bool {
    let token = tokens[index]
    guard token.kind == .plain else { return string(at: index) == name }
    var name = name
    guard name.utf8.count == token.bytes.count else { return false }
    return name.withUTF8 { wanted in
      return bytes.withUnsafeBufferPointer { $0[token.bytes].elementsEqual(wanted) }
    }
  }

  /// The names and indices that lead from the whole text to a value.
  func path(to index: Int) -> [any CodingKey] {
    var path: [any CodingKey] = []
    var place = 0
    while place < index {
      guard let step = step(from: place, towards: index) else { break }
      path.append(step.key)
      place = step.index
    }
    return path
  }

  /// The child of a value that is, or has in it, the value at an index.
  private func step(from place: Int, towards index: Int) -> (key: JSONKey, index: Int)? {
    let isObject = tokens[place].kind == .object
    for (count, child) in children(of: place).enumerated() {
      let value = isObject ? child + 1 : child
      guard tokens[value].next > index else { continue }
      return (isObject ? JSONKey(string(at: child) ?? "") : JSONKey(index: count), value)
    }
    return nil
  }
}

/// A member's name or an element's place, on the way to a value.
struct JSONKey: CodingKey {
  let stringValue: String
  let intValue: Int?

  init(_ name: String) {
    stringValue = name
    intValue = nil
  }

  init(index: Int) {
    stringValue = "\(index)"
    intValue = index
  }

  init(stringValue: String) { self.init(stringValue) }
  init(intValue: Int) { self.init(index: intValue) }
}
