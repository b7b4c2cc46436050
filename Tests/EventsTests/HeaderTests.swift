import Events
import FoundationEssentials
import Runtime
import Testing

@Suite(.timeLimit(.minutes(1))) struct HeaderTests {
  /// Made with Python's `struct.pack(">HHQQQ", ...)`.
  private let hex =
    "45560100" + "0203" + "0102" + "0405060708090a0b" + "1112131415161718"
    + "2122232425262728" + "000102030405060708090a0b0c0d0e0f"

  private func bytes() throws -> Data { try #require(Data(hex: hex)) }

  private func header() throws -> Header {
    Header(
      schemaVersion: 0x0203, leastReader: 0x0102, epoch: Epoch(0x0405_0607_0809_0a0b),
      sequence: 0x1112_1314_1516_1718,
      committedAt: Timestamp(microseconds: 0x2122_2324_2526_2728),
      chain: try #require(Chain(Data(0..<16))))
  }

  @Test func `every field stands at its offset, big endian`() throws {
    #expect(try header().bytes.hex == hex)
    #expect(try Header(bytes: bytes()) == header())
    #expect(Header.size == 48)
  }

  @Test func `a beat is a flag`() throws {
    var beat = try header()
    beat.isBeat = true
    #expect(beat.bytes[3] == 1)
    #expect(Header(bytes: beat.bytes) == beat)
  }

  @Test(arguments: [(0x02, false), (0x80, false), (0xfe, false), (0x03, true), (0xff, true)])
  func `flags that are not known are ignored`(flags: UInt8, isBeat: Bool) throws {
    var bytes = try bytes()
    bytes[3] = flags
    #expect(Header(bytes: bytes)?.isBeat == isBeat)
  }

  @Test(arguments: [(0, 0x65), (1, 0x76), (2, 0), (2, 2), (2, 255)] as [(Int, UInt8)])
  func `another magic or wire version is no header`(offset: Int, byte: UInt8) throws {
    var bytes = try bytes()
    bytes[offset] = byte
    #expect(Header(bytes: bytes) == nil)
  }

  @Test(arguments: [0, 1, 2, 32, 47, 49, 96])
  func `another number of bytes is no header`(count: Int) throws {
    let bytes = try (bytes() + bytes()).prefix(count)
    #expect(Header(bytes: bytes) == nil)
  }

  @Test func `a part of a larger buffer is read`() throws {
    let buffer = try Data([1, 2, 3]) + bytes()
    #expect(try Header(bytes: buffer.dropFirst(3)) == header())
  }
}
