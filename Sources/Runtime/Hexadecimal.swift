// Hexadecimal digits, eight at a time and without a branch for each: an event has 140 of them, and random
// digits are what a processor cannot foresee.

extension UInt32 {
  /// Reads eight digits in either case; nil for anything else.
  ///
  /// - Parameter text: the digits as they lie in memory, the first of them the highest byte.
  @inline(__always)
  init?(hexadecimal text: UInt64) {
    // A letter has the bit 0x40; one in upper case lacks 0x20.
    let letters = text & 0x4040_4040_4040_4040
    let lowerCase = text | letters >> 1
    var number = (text & 0x0f0f_0f0f_0f0f_0f0f) &+ (letters >> 6) &* 9
    number = (number | number >> 4) & 0x00ff_00ff_00ff_00ff
    number = (number | number >> 8) & 0x0000_ffff_0000_ffff
    self = UInt32(truncatingIfNeeded: number | number >> 16)
    guard hexadecimal == lowerCase else { return nil }
  }

  /// The eight digits in lower case, as `init(hexadecimal:)` reads them.
  @inline(__always)
  var hexadecimal: UInt64 {
    var digits = UInt64(self)
    digits = (digits | digits << 16) & 0x0000_ffff_0000_ffff
    digits = (digits | digits << 8) & 0x00ff_00ff_00ff_00ff
    digits = (digits | digits << 4) & 0x0f0f_0f0f_0f0f_0f0f
    let letters = (digits &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
    return digits &+ 0x3030_3030_3030_3030 &+ letters &* 0x27
  }
}

extension UInt64 {
  /// Reads sixteen digits in either case at an offset; nil for anything else.
  package init?(hexadecimal text: UnsafeRawBufferPointer, at offset: Int) {
    let high = text.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    let low = text.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)
    guard let high = UInt32(hexadecimal: UInt64(bigEndian: high)),
      let low = UInt32(hexadecimal: UInt64(bigEndian: low))
    else { return nil }
    self = UInt64(high) << 32 | UInt64(low)
  }

  /// Writes the sixteen digits in lower case at an offset.
  package func write(hexadecimal text: UnsafeMutableRawBufferPointer, at offset: Int) {
    let high = UInt32(truncatingIfNeeded: self >> 32).hexadecimal
    let low = UInt32(truncatingIfNeeded: self).hexadecimal
    text.storeBytes(of: high.bigEndian, toByteOffset: offset, as: UInt64.self)
    text.storeBytes(of: low.bigEndian, toByteOffset: offset + 8, as: UInt64.self)
  }
}
