import Crypto
public import FoundationEssentials

/// The running digest of a stream: chain(n) is the first 16 bytes of
/// SHA-256(chain(n-1) + topic(n) + body(n)), and chain(0) is zeros.
///
/// Two logs whose chains are equal at a sequence number are equal up to it. A follower compares it
/// to detect another history.
public struct Chain: Hashable, Sendable {
  /// The number of bytes on the wire.
  public static let size = 16
  /// The chain before the first event.
  public static let zero = Chain(bytes: Data(count: size))

  /// The 16 bytes.
  public let bytes: Data

  private init(bytes: Data) {
    self.bytes = bytes
  }

  /// A chain read from exactly 16 bytes; nil for any other number.
  public init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count == Self.size else { return nil }
    self.init(bytes: Data(bytes))
  }

  /// A chain read from 32 hexadecimal digits; nil for anything else.
  public init?(hex: String) {
    guard let bytes = Data(hex: hex) else { return nil }
    self.init(bytes)
  }

  /// The chain after one more event.
  public func appending(topic: Topic, body: Data) -> Chain {
    var hash = SHA256()
    hash.update(data: bytes)
    hash.update(data: topic.bytes)
    hash.update(data: body)
    return Chain(bytes: Data(hash.finalize().prefix(Self.size)))
  }
}

extension Chain: CustomStringConvertible {
  /// 32 hexadecimal digits.
  public var description: String { bytes.hex }
}

extension Chain: Codable {
  /// Reads 32 hexadecimal digits.
  public init(from decoder: any Decoder) throws {
    self = try decoder.hexadecimal("a chain of 32 hexadecimal digits", Chain.init(hex:))
  }

  /// Writes 32 hexadecimal digits.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
