/// The text form of fields in queries and forms, `application/x-www-form-urlencoded`.
enum FormText {
  /// The reasons for which fields cannot be read.
  enum Malformed: Error {
    /// An escape or a character is malformed.
    case text
    /// A name is there twice, and it is not known which value counts.
    case repeated(String)
  }

  /// The fields of a text.
  static func fields(_ text: some StringProtocol) throws(Malformed) -> [String: String] {
    var fields: [String: String] = [:]
    for pair in text.split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = decoded(parts[0], plusIsSpace: true),
        let value = decoded(parts.count > 1 ? parts[1] : "", plusIsSpace: true)
      else { throw .text }
      guard fields.updateValue(value, forKey: name) == nil else { throw .repeated(name) }
    }
    return fields
  }

  /// The text without percent escapes; nil where one is malformed, or the bytes are not UTF-8 or
  /// have a zero among them.
  static func decoded(_ text: some StringProtocol, plusIsSpace: Bool = false) -> String? {
    guard text.utf8.contains(where: { isSpecial($0, plusIsSpace: plusIsSpace) }) else {
      return String(text)
    }
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "%"):
        guard let escaped = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16),
          rest.count >= 2, rest.first != UInt8(ascii: "+")
        else { return nil }
        rest = rest.dropFirst(2)
        bytes.append(escaped)
      case UInt8(ascii: "+") where plusIsSpace: bytes.append(UInt8(ascii: " "))
      default: bytes.append(byte)
      }
    }
    // A zero byte ends a text for some readers, and no text of this system has one.
    return bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self)
  }

  /// Whether a byte stands for another one, or is refused.
  private static func isSpecial(_ byte: UInt8, plusIsSpace: Bool) -> Bool {
    byte == UInt8(ascii: "%") || byte == 0 || (plusIsSpace && byte == UInt8(ascii: "+"))
  }
}

extension String {
  /// The text as a part of a path or a value in a query: only unreserved bytes (RFC 3986) are
  /// unchanged.
  package var percentEncoded: String {
    utf8.map { byte in
      switch Unicode.Scalar(byte) {
      case "a"..."z", "A"..."Z", "0"..."9", "-", ".", "_", "~": String(Unicode.Scalar(byte))
      default: (byte < 16 ? "%0" : "%") + String(byte, radix: 16)
      }
    }.joined()
  }
}
