public import FoundationEssentials
public import Runtime

/// Frame 1 of a message: 48 bytes, big endian.
///
/// A follower needs nothing else to keep a stream whole without opening the body.
///
/// | bytes | field |
/// |---|---|
/// | 0..1 | `EV` |
/// | 2 | wire version, 1 |
/// | 3 | flags, 1 = beat |
/// | 4..5 | schema version |
/// | 6..7 | least reader |
/// | 8..15 | epoch |
/// | 16..23 | sequence |
/// | 24..31 | committed at, microseconds since 1970 |
/// | 32..47 | chain |
public struct Header: Hashable, Sendable {
  /// The number of bytes.
  public static let size = 48
  /// The version of this layout.
  public static let wireVersion: UInt8 = 1

  /// Whether the message is a beat and no event.
  public var isBeat: Bool
  /// The version of the payload.
  public var schemaVersion: UInt16
  /// The oldest schema version whose readers may apply the payload.
  public var leastReader: UInt16
  /// The history that the event belongs to.
  public var epoch: Epoch
  /// The event's number in its stream, from 1.
  public var sequence: UInt64
  /// The time of the event's commit; it grows within a log.
  public var committedAt: Timestamp
  /// The chain after this event.
  public var chain: Chain

  /// A header with these fields.
  public init(
    isBeat: Bool = false, schemaVersion: UInt16, leastReader: UInt16, epoch: Epoch,
    sequence: UInt64, committedAt: Timestamp, chain: Chain
  ) {
    self.isBeat = isBeat
    self.schemaVersion = schemaVersion
    self.leastReader = leastReader
    self.epoch = epoch
    self.sequence = sequence
    self.committedAt = committedAt
    self.chain = chain
  }

  /// Reads 48 bytes; nil when they are no header of this wire version.
  ///
  /// Flags that this version does not know are ignored, so that they can be added.
  public init?(bytes: Data) {
    guard bytes.count == Self.size,
      let header = bytes.withUnsafeBytes({ Self($0) })
    else { return nil }
    self = header
  }

  private init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes[0] == UInt8(ascii: "E"), bytes[1] == UInt8(ascii: "V"),
      bytes[2] == Self.wireVersion
    else { return nil }
    self.init(
      isBeat: bytes[3] & 1 == 1,
      schemaVersion: bytes.bigEndian(at: 4),
      leastReader: bytes.bigEndian(at: 6),
      epoch: Epoch(bytes.bigEndian(at: 8)),
      sequence: bytes.bigEndian(at: 16),
      committedAt: Timestamp(microseconds: bytes.bigEndian(at: 24)),
      chain: Chain(bytes, at: 32))
  }

  /// The 48 bytes.
  public var bytes: Data {
    var bytes = Data(count: Self.size)
    bytes.withUnsafeMutableBytes { bytes in
      bytes[0] = UInt8(ascii: "E")
      bytes[1] = UInt8(ascii: "V")
      bytes[2] = Self.wireVersion
      bytes[3] = isBeat ? 1 : 0
      bytes.store(bigEndian: schemaVersion, at: 4)
      bytes.store(bigEndian: leastReader, at: 6)
      bytes.store(bigEndian: epoch.value, at: 8)
      bytes.store(bigEndian: sequence, at: 16)
      bytes.store(bigEndian: committedAt.microseconds, at: 24)
      chain.store(in: bytes, at: 32)
    }
    return bytes
  }
}
