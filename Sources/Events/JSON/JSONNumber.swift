/// The parts of a number as it is written, and the value that it is exactly.
struct JSONNumber {
  typealias Digits = Slice<UnsafeBufferPointer<UInt8>>

  /// The whole number as it is written, with its sign.
  let text: Digits
  let digits: Digits
  let fraction: Digits
  let exponent: Int
  /// Whether there is neither a fraction nor an exponent.
  let isPlain: Bool

  /// A whole number where it is exactly one, however it is written, and fits; else the nearest
  /// double, which no integer is ever read from, and which is infinite beyond the range of doubles.
  var value: JSONValue {
    let plain = isPlain ? String(decoding: text, as: UTF8.self) : wholeText
    if let plain {
      if let number = Int64(plain) { return .integer(number) }
      if let number = UInt64(plain) { return .unsigned(number) }
    }
    return .number(Double(String(decoding: text, as: UTF8.self)) ?? .infinity)
  }

  /// The number without fraction and exponent; nil where it has a fraction, or more digits than 64
  /// bits hold.
  private var wholeText: String? {
    let all = Array(digits) + Array(fraction)
    guard let last = all.lastIndex(where: { $0 != zero }) else { return "0" }
    let significant = all[...last].drop { $0 == zero }
    // How many zeros follow the significant digits.
    let zeros = exponent - fraction.count + (all.count - 1 - last)
    guard zeros >= 0, significant.count + zeros <= 20 else { return nil }
    let sign = text.first == UInt8(ascii: "-") ? "-" : ""
    return sign + String(decoding: significant, as: UTF8.self)
      + String(repeating: "0", count: zeros)
  }

  private var zero: UInt8 { UInt8(ascii: "0") }
}

extension JSONParser {
  mutating func number() throws(JSONSyntaxError) {
    let start = position
    let number = try numeral()
    let range = start..<position
    if number.isPlain, range.count <= 18 { return append(.digits, at: range) }
    if !takesInfinity, case .number(let nearest) = number.value, !nearest.isFinite {
      throw JSONSyntaxError(.numberOutOfRange, at: start)
    }
    append(.number, at: range)
  }

  private mutating func numeral() throws(JSONSyntaxError) -> JSONNumber {
    let start = position
    if peek == UInt8(ascii: "-") { position += 1 }
    let whole = try digits()
    if whole.count > 1, bytes[whole.lowerBound] == UInt8(ascii: "0") {
      throw JSONSyntaxError(.malformedNumber, at: start)
    }
    var fraction = position..<position
    if peek == UInt8(ascii: ".") {
      position += 1
      fraction = try digits()
    }
    let exponent = try exponent()
    return JSONNumber(
      text: bytes[start..<position], digits: bytes[whole], fraction: bytes[fraction],
      exponent: exponent ?? 0, isPlain: fraction.isEmpty && exponent == nil)
  }

  /// The value of a number whose token has these bytes.
  static func number(_ bytes: UnsafeBufferPointer<UInt8>, at range: Range<Int>) -> JSONValue? {
    var parser = JSONParser(bytes)
    parser.position = range.lowerBound
    return try? parser.numeral().value
  }

  /// At least one digit.
  private mutating func digits() throws(JSONSyntaxError) -> Range<Int> {
    let start = position
    while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
    guard position > start else {
      throw error(peek == nil ? .unexpectedEnd : .malformedNumber)
    }
    return start..<position
  }

  /// The number after `e`; nil where there is none.
  ///
  /// One that is too long to matter is the largest.
  private mutating func exponent() throws(JSONSyntaxError) -> Int? {
    guard peek == UInt8(ascii: "e") || peek == UInt8(ascii: "E") else { return nil }
    position += 1
    let isNegative = peek == UInt8(ascii: "-")
    if isNegative || peek == UInt8(ascii: "+") { position += 1 }
    let size = Int(String(decoding: bytes[try digits()], as: UTF8.self)) ?? Int(Int32.max)
    let bounded = min(size, Int(Int32.max))
    return isNegative ? -bounded : bounded
  }
}
