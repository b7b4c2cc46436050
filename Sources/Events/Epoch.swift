import FoundationEssentials
import Runtime

/// The number of one history of a stream: random, made with a journal and again by a restore.
///
/// In JSON it is a string of 16 hexadecimal digits, since not every reader keeps 64 bits.
public struct Epoch: Hashable, Sendable {
  /// The number in the header.
  public let value: UInt64

  /// The epoch with this number.
  public init(_ value: UInt64) {
    self.value = value
  }

  /// An epoch read from 16 hexadecimal digits; nil for anything else.
  public init?(hex: String) {
    guard let bytes = Data(hex: hex), bytes.count == 8 else { return nil }
    self.init(UInt64(bigEndian: bytes))
  }
}

extension Epoch: CustomStringConvertible {
  /// 16 hexadecimal digits.
  public var description: String {
    String(unsafeUninitializedCapacity: 16) { text in
      value.write(hexadecimal: UnsafeMutableRawBufferPointer(text), at: 0)
      return 16
    }
  }
}

extension Epoch: Codable {
  /// Reads 16 hexadecimal digits.
  public init(from decoder: any Decoder) throws {
    self = try decoder.hexadecimal("an epoch of 16 hexadecimal digits", Epoch.init(hex:))
  }

  /// Writes 16 hexadecimal digits.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
