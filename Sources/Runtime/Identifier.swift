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
    guard text.count == Self.longestText else { return nil }
    var words: (high: UInt64, low: UInt64) = (0, 0)
    for (index, byte) in text.enumerated() {
      guard !Self.isDash(at: index) else {
        guard byte == UInt8(ascii: "-") else { return nil }
        continue
      }
      guard let digit = byte.hexadecimalValue else { return nil }
      words.high = words.high << 4 | words.low >> 60
      words.low = words.low << 4 | UInt64(digit)
    }
    high = words.high
    low = words.low
  }

  package func write(ascii text: UnsafeMutableBufferPointer<UInt8>) -> Int {
    var words = (high: high, low: low)
    for index in 0..<Self.longestText {
      guard !Self.isDash(at: index) else {
        text[index] = UInt8(ascii: "-")
        continue
      }
      text[index] = UInt8(hexadecimal: words.high >> 60)
      words.high = words.high << 4 | words.low >> 60
      words.low <<= 4
    }
    return Self.longestText
  }

  private static func isDash(at index: Int) -> Bool {
    index == 8 || index == 13 || index == 18 || index == 23
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
