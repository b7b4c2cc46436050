import Events
import FoundationEssentials
import Testing

/// JSON as it is written: the same bytes as Foundation's encoder with sorted keys and plain slashes.
@Suite(.timeLimit(.minutes(1)))
struct JSONWriterTests {
  private func foundation(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  private func text(_ value: some Encodable) throws -> String {
    String(decoding: try value.json(), as: UTF8.self)
  }

  @Test func `every character is written as Foundation writes it`() throws {
    let scalars = (0..<0x3000).compactMap(Unicode.Scalar.init(_:)) + ["\u{2028}", "\u{1F600}"]
    for scalar in scalars {
      let value = "a\(Character(scalar))b"
      #expect(try text([value]) == foundation([value]))
    }
  }

  @Test(arguments: [
    0, -0.0, 1, 0.1, -1.5, 1e15, 1e16, 1e22, 1e-7, .leastNonzeroMagnitude, .greatestFiniteMagnitude,
    1.0 / 3,
    123_456_789_012_345_680,
  ])
  func `a number is written as Foundation writes it`(number: Double) throws {
    #expect(try text([number]) == foundation([number]))
    #expect(try text([Float(1.1)]) == foundation([Float(1.1)]))
  }

  @Test func `names are sorted as Foundation sorts them`() throws {
    let value = Dictionary(
      uniqueKeysWithValues: ["b", "a", "B", "é", "e\u{301}x", "", "a/", "aa", "z\"", "\u{1F600}"]
        .map { ($0, 1) })
    #expect(try text(value) == foundation(value))
  }

  /// Every kind of container, with optional members, and parts that are written in turns.
  private struct Everything: Encodable {
    var bytes: [UInt8] = [0, 255]
    var isTrue = true
    var nothing: Int?
    var list: [Int?] = [nil, 1]

    private enum Key: String, CodingKey { case z, a, list, inner, again, parent }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Key.self)
      var first = container.nestedContainer(keyedBy: Key.self, forKey: .z)
      var second = container.nestedUnkeyedContainer(forKey: .inner)
      try first.encode(isTrue, forKey: .z)
      try second.encode(bytes)
      try first.encodeNil(forKey: .a)
      try second.encodeNil()
      var third = second.nestedContainer(keyedBy: Key.self)
      try third.encode(UInt64.max, forKey: .a)
      try container.encodeIfPresent(nothing, forKey: .a)
      try container.encode(list, forKey: .list)
      try container.encode(1, forKey: .again)
      try container.encode(2, forKey: .again)
      try "above".encode(to: container.superEncoder(forKey: .parent))
    }
  }

  @Test func `containers of every kind are written as Foundation writes them`() throws {
    #expect(try text(Everything()) == foundation(Everything()))
    #expect(try text(Everything()).contains(#""again":2"#))
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity])
  func `a number that is not finite is refused, with its name`(number: Double) throws {
    struct Priced: Encodable { let price: Double }
    let error = #expect(throws: EncodingError.self) { try Priced(price: number).json() }
    guard case .invalidValue(_, let context) = error else { return }
    #expect(context.codingPath.map(\.stringValue) == ["price"])
  }
}
