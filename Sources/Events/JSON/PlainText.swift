extension UnsafeBufferPointer<UInt8> {
  /// The first byte from a place on that a string of plain ASCII does not have: a quotation mark, a
  /// backslash, a control character or a byte beyond ASCII; the end where there is none.
  ///
  /// Eight bytes are looked at together.
  func endOfPlain(from start: Int) -> Int {
    let raw = UnsafeRawBufferPointer(self)
    var place = start
    while place + 8 <= count {
      let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: place, as: UInt64.self))
      let marks = Self.bytes(below: 1, in: word ^ 0x2222_2222_2222_2222)
      let slashes = Self.bytes(below: 1, in: word ^ 0x5c5c_5c5c_5c5c_5c5c)
      let ends = marks | slashes | Self.bytes(below: 0x20, in: word) | word & Self.highBits
      if ends != 0 { return place + ends.trailingZeroBitCount / 8 }
      place += 8
    }
    while place < count, Self.isPlain(self[place]) { place += 1 }
    return place
  }

  private static var highBits: UInt64 { 0x8080_8080_8080_8080 }

  /// The high bit of each byte below a limit, exact up to the first one.
  @inline(__always)
  private static func bytes(below limit: UInt64, in word: UInt64) -> UInt64 {
    (word &- limit &* 0x0101_0101_0101_0101) & ~word & highBits
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    (0x20..<0x80).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
  }
}
