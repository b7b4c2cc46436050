import Events

/// The bytes of one line while it is built: escaped for its reader, and at most 16 KiB.
struct LineText {
  /// The escaping of characters that must not be in a line unchanged.
  enum Escaping {
    /// Inside of a JSON string: `\u202e`.
    case json
    /// In a terminal: `\u{202e}`.
    case terminal
  }

  /// The greatest length of a line in bytes, with its end: journald splits lines at 48 KiB, and some
  /// log shippers at 16.
  static let maxBytes = 16 * 1024
  /// The greatest length of the message.
  static let messageBytes = 8 * 1024
  /// The greatest length of any other field.
  static let fieldBytes = 2 * 1024
  /// The greatest length of a field's name.
  static let nameBytes = 256
  /// Kept free for the mark of a line that was cut.
  private static let reserve = 64

  private(set) var bytes: [UInt8] = []
  /// Whether something was cut or left out.
  private(set) var isCut = false

  init() {
    bytes.reserveCapacity(512)
  }

  /// Appends text that needs no escape.
  mutating func append(plain text: StaticString) {
    text.withUTF8Buffer { bytes.append(contentsOf: $0) }
  }

  /// Appends bytes that need no escape.
  mutating func append(_ other: [UInt8]) {
    bytes.append(contentsOf: other)
  }

  mutating func append(_ byte: UInt8) {
    bytes.append(byte)
  }

  /// Appends a whole field, or leaves it out where the line would become too long.
  mutating func field(_ write: (inout LineText) -> Void) {
    let start = bytes.count
    write(&self)
    guard bytes.count > Self.maxBytes - Self.reserve else { return }
    bytes.removeLast(bytes.count - start)
    isCut = true
  }

  /// Appends text, cut at the limit with `…`.
  mutating func append(_ text: String, as escaping: Escaping, upTo limit: Int = fieldBytes) {
    var text = text
    let isPlain = text.withUTF8 { utf8 in
      guard utf8.count <= limit, utf8.allSatisfy(escaping.isPlain) else { return false }
      bytes.append(contentsOf: utf8)
      return true
    }
    if !isPlain { appendByScalars(text, escaping: escaping, limit: limit) }
  }

  private mutating func appendByScalars(_ text: String, escaping: Escaping, limit: Int) {
    let end = bytes.count + limit - "…".utf8.count
    var previous: Unicode.Scalar?
    for scalar in text.unicodeScalars {
      let start = bytes.count
      append(scalar, escaping: escaping, after: previous)
      if bytes.count > end {
        bytes.removeLast(bytes.count - start)
        bytes.append(contentsOf: "…".utf8)
        isCut = true
        return
      }
      previous = scalar
    }
  }

  private mutating func append(
    _ scalar: Unicode.Scalar, escaping: Escaping, after previous: Unicode.Scalar?
  ) {
    if scalar.isPlainASCII {
      if !escaping.isPlain(UInt8(scalar.value)) { bytes.append(UInt8(ascii: "\\")) }
      bytes.append(UInt8(scalar.value))
    } else if scalar.isHidden(after: previous) {
      switch escaping {
      case .json: appendEscape(scalar)
      case .terminal: bytes.append(contentsOf: String(scalar).escapedForTerminal.utf8)
      }
    } else {
      bytes.append(contentsOf: UTF8.encode(scalar).map(Array.init) ?? [])
    }
  }

  private mutating func appendEscape(_ scalar: Unicode.Scalar) {
    switch scalar {
    case "\n": append(plain: "\\n")
    case "\r": append(plain: "\\r")
    case "\t": append(plain: "\\t")
    default:
      for unit in UTF16.encode(scalar).map(Array.init) ?? [] {
        append(plain: "\\u")
        for shift in [12, 8, 4, 0] {
          let digit = UInt8(unit >> UInt16(shift) & 0xf)
          bytes.append(digit + (digit < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10))
        }
      }
    }
  }
}

extension LineText.Escaping {
  /// Whether a byte needs no escape.
  @inline(__always)
  func isPlain(_ byte: UInt8) -> Bool {
    guard byte >= 0x20, byte < 0x7f else { return false }
    return self == .terminal || (byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\"))
  }
}
