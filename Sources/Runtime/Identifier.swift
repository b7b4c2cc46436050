/// A UUIDv7 (RFC 9562): 48 bits of milliseconds, 12 bits of their fraction, 62 random bits, so
/// that identifiers grow with time and an index on them grows at its end.
///
/// It is made by the service that creates the thing, and stored before anything is sent. What
/// comes from elsewhere may be any UUID; it is written in lower case.
public struct Identifier: Hashable, Sendable {
  /// The first 64 bits, the time.
  package let high: UInt64
  /// The last 64 bits, the random ones.
  package let low: UInt64

  /// An identifier made at a time from 62 bits of the random number.
  public init(at time: Timestamp, random: UInt64) {
    let milliseconds = time.microseconds / 1000
    let fraction = (time.microseconds % 1000) * 4096 / 1000
    high = milliseconds << 16 | 0x7000 | fraction
    low = 0x8000_0000_0000_0000 | random >> 2
  }

  /// Reads the text form of any UUID; nil for anything else.
  public init?(_ text: String) { self.init(ascii: text) }
}

extension Identifier: ASCIIForm {
  package static let longestText = 36

  package init?(ascii text: UnsafeBufferPointer<UInt8>) {
    let dash = UInt8(ascii: "-")
    guard text.count == Self.longestText, text[8] == dash, text[13] == dash, text[18] == dash,
      text[23] == dash
    else { return nil }
    let bytes = UnsafeRawBufferPointer(text)
    func digits(_ first: Int, _ second: Int) -> UInt32? {
      let high = bytes.loadUnaligned(fromByteOffset: first, as: UInt32.self)
      let low = bytes.loadUnaligned(fromByteOffset: second, as: UInt32.self)
      return UInt32(hexadecimal: UInt64(high.bigEndian) << 32 | UInt64(low.bigEndian))
    }
    guard let time = digits(0, 4), let fraction = digits(9, 14), let first = digits(19, 24),
      let last = digits(28, 32)
    else { return nil }
    high = UInt64(time) << 32 | UInt64(fraction)
    low = UInt64(first) << 32 | UInt64(last)
  }

  package func write(ascii text: UnsafeMutableBufferPointer<UInt8>) -> Int {
    let bytes = UnsafeMutableRawBufferPointer(text)
    func write(_ number: UInt64, _ first: Int, _ second: Int) {
      let digits = UInt32(truncatingIfNeeded: number).hexadecimal
      let high = UInt32(truncatingIfNeeded: digits >> 32)
      let low = UInt32(truncatingIfNeeded: digits)
      bytes.storeBytes(of: high.bigEndian, toByteOffset: first, as: UInt32.self)
      bytes.storeBytes(of: low.bigEndian, toByteOffset: second, as: UInt32.self)
    }
    write(high >> 32, 0, 4)
    write(high, 9, 14)
    write(low >> 32, 19, 24)
    write(low, 28, 32)
    let dash = UInt8(ascii: "-")
    text[8] = dash
    text[13] = dash
    text[18] = dash
    text[23] = dash
    return Self.longestText
  }
}

extension Identifier: CustomStringConvertible {
  /// The 36 characters of the text form, in lower case.
  public var description: String { text }
}

extension UInt8 {
  /// The value of a hexadecimal digit in either case; nil for any other byte.
  package var hexadecimalValue: UInt8? {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
    default: nil
    }
  }

  /// The lower-case digit of a number below 16.
  package init(hexadecimal value: UInt64) {
    let value = UInt8(value)
    self = value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
  }
}

extension Identifier: Codable {
  /// Reads the text form of a UUID.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let identifier = Identifier(text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "“\(text)” is not a UUID")
    }
    self = identifier
  }

  /// Writes the text form of a UUID.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
