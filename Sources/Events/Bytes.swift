// The form of numbers and digests on the wire: big endian, and in JSON as hexadecimal digits.

package import FoundationEssentials
import Runtime

extension Data {
  /// Bytes read from pairs of hexadecimal digits; nil for anything else.
  package init?(hex: String) {
    let digits = hex.utf8.map(\.hexadecimalValue)
    guard digits.count.isMultiple(of: 2) else { return nil }
    var bytes = Data(capacity: digits.count / 2)
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = digits[index], let low = digits[index + 1] else { return nil }
      bytes.append(high << 4 | low)
    }
    self = bytes
  }

  /// Two lower-case hexadecimal digits for each byte.
  package var hex: String {
    String(unsafeUninitializedCapacity: count * 2) { text in
      for (index, byte) in enumerated() {
        text[2 * index] = UInt8(hexadecimal: UInt64(byte >> 4))
        text[2 * index + 1] = UInt8(hexadecimal: UInt64(byte & 15))
      }
      return count * 2
    }
  }
}

extension FixedWidthInteger {
  /// The number that bytes are, the first of them the highest.
  init(bigEndian bytes: some Sequence<UInt8>) {
    self = bytes.reduce(0) { $0 << 8 | Self($1) }
  }
}

extension UnsafeRawBufferPointer {
  /// The number that begins at an offset.
  func bigEndian<Number: FixedWidthInteger>(at offset: Int) -> Number {
    Number(bigEndian: loadUnaligned(fromByteOffset: offset, as: Number.self))
  }
}

extension UnsafeMutableRawBufferPointer {
  /// Writes a number to the bytes that begin at an offset.
  func store(bigEndian number: some FixedWidthInteger, at offset: Int) {
    storeBytes(of: number.bigEndian, toByteOffset: offset, as: type(of: number))
  }
}

extension Decoder {
  func hexadecimal<Value>(_ meaning: String, _ read: (String) -> Value?) throws -> Value {
    let container = try singleValueContainer()
    let text = try container.decode(String.self)
    guard let value = read(text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "“\(text)” is not \(meaning)")
    }
    return value
  }
}
