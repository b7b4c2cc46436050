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
