import FoundationEssentials

/// A UUIDv7 (RFC 9562): 48 bits of milliseconds, 12 bits of their fraction, 62 random bits, so
/// that identifiers grow with time and an index on them grows at its end.
///
/// It is made by the service that creates the thing, and stored before anything is sent. What
/// comes from elsewhere may be any UUID; it is written in lower case.
public struct Identifier: Hashable, Sendable {
  private let uuid: UUID

  /// An identifier made at a time from 62 bits of the random number.
  public init(at time: Timestamp, random: UInt64) {
    let milliseconds = time.microseconds / 1000
    let fraction = (time.microseconds % 1000) * 4096 / 1000
    let high = milliseconds << 16 | 0x7000 | fraction
    let low = 0x8000_0000_0000_0000 | random >> 2
    func byte(_ word: UInt64, at index: UInt64) -> UInt8 {
      UInt8(truncatingIfNeeded: word >> (56 - 8 * index))
    }
    uuid = UUID(
      uuid: (
        byte(high, at: 0), byte(high, at: 1), byte(high, at: 2), byte(high, at: 3),
        byte(high, at: 4), byte(high, at: 5), byte(high, at: 6), byte(high, at: 7),
        byte(low, at: 0), byte(low, at: 1), byte(low, at: 2), byte(low, at: 3),
        byte(low, at: 4), byte(low, at: 5), byte(low, at: 6), byte(low, at: 7)
      ))
  }

  /// Reads the text form of any UUID; nil for anything else.
  public init?(_ text: String) {
    // Foundation's own reading takes a sign for a digit, and anything after a zero byte.
    guard text.utf8.count == 36, text.utf8.allSatisfy(Self.isHexadecimalOrDash),
      let uuid = UUID(uuidString: text)
    else { return nil }
    self.uuid = uuid
  }

  private static func isHexadecimalOrDash(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"):
      true
    default: false
    }
  }

  /// The last 64 bits, the random ones.
  package var low: UInt64 {
    withUnsafeBytes(of: uuid.uuid) { bytes in
      bytes.suffix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
  }
}

extension Identifier: CustomStringConvertible {
  /// The 36 characters of the text form, in lower case.
  public var description: String {
    String(unsafeUninitializedCapacity: 36) { text in
      var end = 0
      func append(_ byte: UInt8) {
        text[end] = byte
        end += 1
      }
      func append(digit: UInt8) {
        append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
      }
      withUnsafeBytes(of: uuid.uuid) { bytes in
        for (index, byte) in bytes.enumerated() {
          if index == 4 || index == 6 || index == 8 || index == 10 { append(UInt8(ascii: "-")) }
          append(digit: byte >> 4)
          append(digit: byte & 15)
        }
      }
      return end
    }
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
