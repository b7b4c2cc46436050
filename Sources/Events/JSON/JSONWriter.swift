// Writes typed values as JSON: the one form in which events, protocol bodies and answers are written.

package import FoundationEssentials
import Runtime

extension Encodable {
  /// The value as JSON with sorted keys, without spaces, so that equal values are equal bytes.
  ///
  /// - Throws: `EncodingError` for a number that is not finite; what the value itself throws.
  package func json() throws -> Data {
    var output = JSONOutput()
    try output.append(self)
    return output.data
  }
}

/// The bytes of a JSON text, as it is written, in memory of its own.
struct JSONOutput: ~Copyable {
  private var start: UnsafeMutableRawPointer
  private var capacity = 1024
  private(set) var count = 0

  /// Nothing yet, with room for an event.
  init() { start = .allocate(byteCount: capacity, alignment: 1) }

  deinit { start.deallocate() }

  /// The bytes so far.
  var data: Data { Data(bytes: start, count: count) }

  mutating func append(bytes: UnsafeRawBufferPointer) {
    guard let first = bytes.baseAddress else { return }
    makeRoom(for: bytes.count)
    (start + count).copyMemory(from: first, byteCount: bytes.count)
    count += bytes.count
  }

  /// Appends what was written to another text.
  mutating func append(_ range: Range<Int>, of other: borrowing JSONOutput) {
    append(bytes: UnsafeRawBufferPointer(start: other.start + range.lowerBound, count: range.count))
  }

  mutating func append(byte: UInt8) {
    makeRoom(for: 1)
    start.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
    count += 1
  }

  private mutating func makeRoom(for more: Int) {
    guard count + more > capacity else { return }
    capacity = max(count + more, 2 * capacity)
    let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 1)
    larger.copyMemory(from: start, byteCount: count)
    start.deallocate()
    start = larger
  }

  /// Appends what is JSON already.
  mutating func append(json: StaticString) {
    append(bytes: UnsafeRawBufferPointer(start: json.utf8Start, count: json.utf8CodeUnitCount))
  }

  /// Appends any value.
  mutating func append(_ value: some Encodable) throws {
    let draft = JSONDraft()
    let piece = try draft.piece(of: value, key: nil)
    draft.write(piece, to: &self)
  }

  /// Appends a string, in quotation marks.
  mutating func append(_ text: String) {
    append(byte: UInt8(ascii: "\""))
    appendEscaped(text)
    append(byte: UInt8(ascii: "\""))
  }

  /// Appends the characters of a string.
  mutating func appendEscaped(_ text: String) {
    var text = text
    text.withUTF8 { characters in
      if characters.endOfPlain(from: 0) == characters.count
        || !characters.contains(where: Self.isEscaped)
      {
        return append(bytes: UnsafeRawBufferPointer(characters))
      }
      for character in characters {
        if Self.isEscaped(character) { appendEscape(character) } else { append(byte: character) }
      }
    }
  }

  /// Appends a value as a string.
  mutating func append<Value: ASCIIForm>(_ value: Value) {
    makeRoom(for: Value.longestText + 2)
    append(byte: UInt8(ascii: "\""))
    let room = (start + count).assumingMemoryBound(to: UInt8.self)
    count += value.write(ascii: UnsafeMutableBufferPointer(start: room, count: Value.longestText))
    append(byte: UInt8(ascii: "\""))
  }

  /// Appends a whole number.
  mutating func append(_ number: some FixedWidthInteger) {
    var text = String(number)
    text.withUTF8 { append(bytes: UnsafeRawBufferPointer($0)) }
  }

  /// Replaces a byte that was appended as a part of something longer.
  mutating func replaceByte(at place: Int, by byte: Unicode.Scalar) {
    start.storeBytes(of: UInt8(ascii: byte), toByteOffset: place, as: UInt8.self)
  }

  mutating func append(byte: Unicode.Scalar) { append(byte: UInt8(ascii: byte)) }

  private static func isEscaped(_ character: UInt8) -> Bool {
    character < 0x20 || character == UInt8(ascii: "\"") || character == UInt8(ascii: "\\")
  }

  private mutating func appendEscape(_ character: UInt8) {
    append(byte: "\\")
    switch character {
    case 0x08: append(byte: "b")
    case 0x09: append(byte: "t")
    case 0x0a: append(byte: "n")
    case 0x0c: append(byte: "f")
    case 0x0d: append(byte: "r")
    case 0..<0x20:
      append(json: "u00")
      append(byte: UInt8(hexadecimal: UInt64(character >> 4)))
      append(byte: UInt8(hexadecimal: UInt64(character & 15)))
    default: append(byte: character)
    }
  }
}

/// A value under construction: the scalars are written as they come, and the members of each object are
/// sorted when all of them are known.
final class JSONDraft {
  /// A value: its bytes among the scalars, or what has parts.
  enum Piece {
    case scalar(Range<Int>)
    case parts(Node)
  }

  /// An object or an array, or a value that is not known yet: the encoder of one value.
  final class Node {
    enum Kind { case unknown, object, array, scalar }

    let draft: JSONDraft
    /// The name or place of the value.
    let key: (any CodingKey)?
    var kind = Kind.unknown
    /// The parts; the name of an array's element, or of a scalar, is empty.
    var parts: [(name: String, value: Piece)] = []

    init(in draft: JSONDraft, key: (any CodingKey)?) {
      self.draft = draft
      self.key = key
    }
  }

  private var scalars = JSONOutput()

  /// Drafts a value.
  ///
  /// - Parameter key: its name or place, for an error.
  func piece<Value: Encodable>(of value: Value, key: (any CodingKey)?) throws -> Piece {
    let node = Node(in: self, key: key)
    try value.encode(to: node)
    return .parts(node)
  }

  func string(_ text: String) -> Piece { scalar { $0.append(text) } }

  func scalar(_ write: (inout JSONOutput) throws -> Void) rethrows -> Piece {
    let start = scalars.count
    try write(&scalars)
    return .scalar(start..<scalars.count)
  }

  func whole(_ number: some FixedWidthInteger) -> Piece { scalar { $0.append(number) } }

  func bool(_ value: Bool) -> Piece { scalar { $0.append(json: value ? "true" : "false") } }

  /// - Throws: `EncodingError` for a number that JSON cannot write.
  func number(
    _ number: some BinaryFloatingPoint & CustomStringConvertible, key: (any CodingKey)?
  ) throws -> Piece {
    guard number.isFinite else {
      let context = EncodingError.Context(
        codingPath: key.map { [$0] } ?? [], debugDescription: "the number \(number) is not finite")
      throw EncodingError.invalidValue(number, context)
    }
    let text = "\(number)"
    return scalar { output in
      output.appendEscaped(text.hasSuffix(".0") ? String(text.dropLast(2)) : text)
    }
  }

  /// Writes a value to the end of a text.
  func write(_ piece: Piece, to output: inout JSONOutput) {
    switch piece {
    case .scalar(let range): output.append(range, of: scalars)
    case .parts(let node): write(node, to: &output)
    }
  }

  private func write(_ node: Node, to output: inout JSONOutput) {
    switch node.kind {
    // A type that encodes nothing is an object without members.
    case .unknown: output.append(json: "{}")
    case .scalar: node.parts.last.map { write($0.value, to: &output) }
    case .array:
      output.append(byte: "[")
      for (index, part) in node.parts.enumerated() {
        if index > 0 { output.append(byte: ",") }
        write(part.value, to: &output)
      }
      output.append(byte: "]")
    case .object:
      // Sorts in place: the members are read only once.
      node.parts.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
      let members = node.parts
      writeMembers(members, to: &output)
    }
  }

  /// Writes members that are sorted by the bytes of their names.
  ///
  /// The sort is stable, and of a name that was encoded twice the last value holds.
  private func writeMembers(
    _ members: [(name: String, value: Piece)], to output: inout JSONOutput
  ) {
    output.append(byte: "{")
    var isFirst = true
    for (index, member) in members.enumerated() {
      if index + 1 < members.count, members[index + 1].name == member.name { continue }
      if !isFirst { output.append(byte: ",") }
      isFirst = false
      output.append(member.name)
      output.append(byte: ":")
      write(member.value, to: &output)
    }
    output.append(byte: "}")
  }
}
