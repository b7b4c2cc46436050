import FoundationEssentials

/// Reads one JSON text as RFC 8259 defines it, in one pass over its bytes, into a list of tokens.
///
/// Everything that two readers could understand differently is refused: a name that occurs twice in
/// an object, a lone surrogate, bytes that are not UTF-8, a byte order mark, anything after the
/// value. Nesting is limited, so that the stack is bounded for any input.
struct JSONParser {
  /// How deep arrays and objects may be nested: no document of this system has ten levels.
  static let maxDepth = 32
  /// Room for the tokens of most events; the allocator has a fast path for so few bytes.
  private static let usualTokens = 24

  let bytes: UnsafeBufferPointer<UInt8>
  let takesInfinity: Bool
  var position = 0
  private var depth = 0
  private var tokens: [JSONText.Token] = []
  /// How many values were read: the work that a text costs, beside one look at each byte.
  private(set) var valueCount = 0

  /// A reader of bytes that outlive it.
  ///
  /// - Parameter takesInfinity: as for ``JSONText/init(_:takesInfinity:)``.
  init(_ bytes: UnsafeBufferPointer<UInt8>, takesInfinity: Bool = false) {
    self.bytes = bytes
    self.takesInfinity = takesInfinity
  }

  /// The tokens of the whole text.
  mutating func document() throws(JSONSyntaxError) -> [JSONText.Token] {
    tokens.reserveCapacity(Self.usualTokens)
    try value()
    skipSpace()
    guard position == bytes.count else { throw error(.trailingBytes) }
    return tokens
  }

  /// The tokens of the value of a member that begins at a place, and the place behind it.
  mutating func member(at place: Int) throws(JSONSyntaxError) -> (
    tokens: [JSONText.Token], end: Int
  ) {
    tokens.reserveCapacity(Self.usualTokens)
    position = place
    depth = 1
    try value()
    return (tokens, position)
  }

  private mutating func value() throws(JSONSyntaxError) {
    skipSpace()
    valueCount += 1
    switch peek ?? 0 {
    case UInt8(ascii: "{"): try object()
    case UInt8(ascii: "["): try array()
    case UInt8(ascii: "\""): try string()
    case UInt8(ascii: "t"): try literal("true", kind: .yes)
    case UInt8(ascii: "f"): try literal("false", kind: .no)
    case UInt8(ascii: "n"): try literal("null", kind: .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
    default: throw unexpected
    }
  }

  private mutating func object() throws(JSONSyntaxError) {
    let index = try open(.object)
    if takes("}") { return close(index) }
    var names = JSONNames(first: index + 1)
    repeat {
      skipSpace()
      let start = position
      let name = tokens.count
      try string()
      guard takes(":") else { throw unexpected }
      try value()
      guard names.insert(name, of: tokens, in: bytes) else {
        throw JSONSyntaxError(
          .repeatedName(Self.text(bytes, at: tokens[name].bytes) ?? ""), at: start)
      }
    } while takes(",")
    guard takes("}") else { throw unexpected }
    close(index)
  }

  private mutating func array() throws(JSONSyntaxError) {
    let index = try open(.array)
    if takes("]") { return close(index) }
    repeat { try value() } while takes(",")
    guard takes("]") else { throw unexpected }
    close(index)
  }

  private mutating func literal(
    _ word: StaticString, kind: JSONText.Token.Kind
  ) throws(JSONSyntaxError) {
    let start = position
    for offset in 0..<word.utf8CodeUnitCount {
      guard peek == word.utf8Start[offset] else { throw unexpected }
      position += 1
    }
    append(kind, at: start..<position)
  }
}

extension JSONParser {
  mutating func append(_ kind: JSONText.Token.Kind, at range: Range<Int>) {
    tokens.append(.init(kind: kind, bytes: range, next: tokens.count + 1))
  }

  /// Enters an array or an object.
  private mutating func open(_ kind: JSONText.Token.Kind) throws(JSONSyntaxError) -> Int {
    guard depth < Self.maxDepth else { throw error(.tooDeep) }
    depth += 1
    append(kind, at: position..<position)
    position += 1
    return tokens.count - 1
  }

  /// Leaves the array or object that began at an index.
  private mutating func close(_ index: Int) {
    depth -= 1
    tokens[index].next = tokens.count
  }

  /// The next byte; nil at the end.
  var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 {
      position += 1
    }
  }

  /// Moves past a mark and the space before it; false where another byte is next.
  private mutating func takes(_ mark: Unicode.Scalar) -> Bool {
    skipSpace()
    guard peek == UInt8(ascii: mark) else { return false }
    position += 1
    return true
  }

  func error(_ reason: JSONSyntaxError.Reason) -> JSONSyntaxError {
    JSONSyntaxError(reason, at: position)
  }

  private var unexpected: JSONSyntaxError { error(peek == nil ? .unexpectedEnd : .unexpectedByte) }
}

// MARK: Strings

extension JSONParser {
  private mutating func string() throws(JSONSyntaxError) {
    guard peek == UInt8(ascii: "\"") else { throw unexpected }
    position += 1
    let start = position
    var isPlain = try skipPlain()
    if peek == UInt8(ascii: "\\") || !isPlain {
      isPlain = false
      position = start
      _ = try content()
    }
    append(isPlain ? .plain : .text, at: start..<position)
    position += 1
  }

  /// The text between two quotation marks; stops at the second.
  private mutating func content() throws(JSONSyntaxError) -> String {
    var start = position
    _ = try skipPlain()
    var content = Array(bytes[start..<position])
    while peek == UInt8(ascii: "\\") {
      try escape(into: &content)
      start = position
      _ = try skipPlain()
      content += bytes[start..<position]
    }
    guard let text = String(validating: content, as: UTF8.self) else { throw error(.notUTF8) }
    return text
  }

  /// Moves to the next quotation mark or backslash.
  ///
  /// - Returns: whether all that it moved past is ASCII.
  private mutating func skipPlain() throws(JSONSyntaxError) -> Bool {
    var isASCII = true
    while true {
      position = bytes.endOfPlain(from: position)
      guard let byte = peek else { throw error(.unexpectedEnd) }
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return isASCII }
      guard byte >= 0x20 else { throw error(.controlCharacter) }
      isASCII = false
      position += 1
    }
  }

  /// The text of a string whose token has these bytes.
  static func text(_ bytes: UnsafeBufferPointer<UInt8>, at range: Range<Int>) -> String? {
    var parser = JSONParser(bytes)
    parser.position = range.lowerBound
    return try? parser.content()
  }

  private mutating func escape(into content: inout [UInt8]) throws(JSONSyntaxError) {
    position += 1
    guard let byte = peek else { throw unexpected }
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
    case UInt8(ascii: "b"): content.append(0x08)
    case UInt8(ascii: "f"): content.append(0x0c)
    case UInt8(ascii: "n"): content.append(0x0a)
    case UInt8(ascii: "r"): content.append(0x0d)
    case UInt8(ascii: "t"): content.append(0x09)
    case UInt8(ascii: "u"):
      content += UTF8.encode(try scalar()).map(Array.init) ?? []
      return
    default: throw error(.badEscape)
    }
    position += 1
  }

  /// The character of `\uXXXX`, or of two of them that are a surrogate pair.
  private mutating func scalar() throws(JSONSyntaxError) -> Unicode.Scalar {
    let first = try codeUnit()
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard first < 0xdc00, peek == UInt8(ascii: "\\") else { throw error(.badEscape) }
    position += 1
    guard peek == UInt8(ascii: "u") else { throw error(.badEscape) }
    let second = try codeUnit()
    guard (0xdc00...0xdfff).contains(second),
      let scalar = Unicode.Scalar(
        0x10000 + (UInt32(first) - 0xd800) << 10 + (UInt32(second) - 0xdc00))
    else { throw error(.badEscape) }
    return scalar
  }

  /// The four hexadecimal digits after `u`.
  private mutating func codeUnit() throws(JSONSyntaxError) -> UInt16 {
    var unit: UInt16 = 0
    position += 1
    for _ in 0..<4 {
      guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw error(peek == nil ? .unexpectedEnd : .badEscape)
      }
      unit = unit << 4 | UInt16(digit)
      position += 1
    }
    return unit
  }
}
