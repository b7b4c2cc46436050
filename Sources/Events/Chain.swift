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
  public static let zero = Chain(high: 0, low: 0)

  private let high: UInt64
  private let low: UInt64

  private init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// A chain read from exactly 16 bytes; nil for any other number.
  public init?(_ bytes: Data) {
    guard bytes.count == Self.size else { return nil }
    self = bytes.withUnsafeBytes { Chain($0, at: 0) }
  }

  /// The 16 bytes.
  public var bytes: Data {
    var bytes = Data(count: Self.size)
    bytes.withUnsafeMutableBytes { store(in: $0, at: 0) }
    return bytes
  }

  /// The chain whose bytes begin at an offset.
  init(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
    self.init(high: bytes.bigEndian(at: offset), low: bytes.bigEndian(at: offset + 8))
  }

  func store(in bytes: UnsafeMutableRawBufferPointer, at offset: Int) {
    bytes.store(bigEndian: high, at: offset)
    bytes.store(bigEndian: low, at: offset + 8)
  }

  /// A chain read from 32 hexadecimal digits; nil for anything else.
  public init?(hex: String) {
    guard let bytes = Data(hex: hex) else { return nil }
    self.init(bytes)
  }

  /// The chain after one more event.
  public func appending(topic: Topic, body: Data) -> Chain {
    // In one piece: each further piece would cost as much as a hundred bytes.
    let size = Self.size + topic.bytes.count + body.count
    return withUnsafeTemporaryAllocation(byteCount: size, alignment: 1) { room in
      store(in: room, at: 0)
      let parts = UnsafeMutableRawBufferPointer(rebasing: room[Self.size...])
      topic.bytes.withUnsafeBytes(parts.copyMemory(from:))
      body.withUnsafeBytes(
        UnsafeMutableRawBufferPointer(rebasing: parts[topic.bytes.count...]).copyMemory(from:))
      var hash = SHA256()
      hash.update(bufferPointer: UnsafeRawBufferPointer(room))
      return hash.finalize().withUnsafeBytes { Chain($0, at: 0) }
    }
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
