import FoundationEssentials

/// Reads one JSON text as RFC 8259 defines it, in one pass over its bytes.
///
/// Everything that two readers could understand differently is refused: a name that occurs twice in
/// an object, a lone surrogate, bytes that are not UTF-8, a byte order mark, anything after the
/// value. Nesting is limited, so that the stack is bounded for any input.
struct JSONParser {
  /// How deep arrays and objects may be nested: no document of this system has ten levels.
  static let maxDepth = 32

  private let bytes: UnsafeBufferPointer<UInt8>
  private let takesInfinity: Bool
  private var position = 0
  private var depth = 0
  /// How many values were read: the work that a text costs, beside one look at each byte.
  private(set) var valueCount = 0

  /// A reader of bytes that outlive it.
  ///
  /// - Parameter takesInfinity: whether a number beyond the range of doubles is infinite, and no
  ///   fault: a typed reader names it by its path, or ignores the member.
  init(_ bytes: UnsafeBufferPointer<UInt8>, takesInfinity: Bool = false) {
    self.bytes = bytes
    self.takesInfinity = takesInfinity
  }

  /// The value that the whole text is.
  mutating func document() throws(JSONSyntaxError) -> JSONValue {
    let value = try value()
    skipSpace()
    guard position == bytes.count else { throw error(.trailingBytes) }
    return value
  }

  private mutating func value() throws(JSONSyntaxError) -> JSONValue {
    skipSpace()
    valueCount += 1
    switch peek ?? 0 {
    case UInt8(ascii: "{"): return try object()
    case UInt8(ascii: "["): return try array()
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try literal("true", value: .bool(true))
    case UInt8(ascii: "f"): return try literal("false", value: .bool(false))
    case UInt8(ascii: "n"): return try literal("null", value: .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    default: throw unexpected
    }
  }

  private mutating func object() throws(JSONSyntaxError) -> JSONValue {
    try descend()
    defer { depth -= 1 }
    var members: [String: JSONValue] = [:]
    guard !takes("}") else { return .object(members) }
    repeat {
      skipSpace()
      let start = position
      let name = try string()
      guard takes(":") else { throw unexpected }
      guard members.updateValue(try value(), forKey: name) == nil else {
        throw JSONSyntaxError(.repeatedName(name), at: start)
      }
    } while takes(",")
    guard takes("}") else { throw unexpected }
    return .object(members)
  }

  private mutating func array() throws(JSONSyntaxError) -> JSONValue {
    try descend()
    defer { depth -= 1 }
    var elements: [JSONValue] = []
    guard !takes("]") else { return .array(elements) }
    repeat { elements.append(try value()) } while takes(",")
    guard takes("]") else { throw unexpected }
    return .array(elements)
  }

  private mutating func literal(
    _ word: StaticString, value: JSONValue
  ) throws(JSONSyntaxError) -> JSONValue {
    for offset in 0..<word.utf8CodeUnitCount {
      guard peek == word.utf8Start[offset] else { throw unexpected }
      position += 1
    }
    return value
  }
}

// MARK: Bytes

extension JSONParser {
  /// The next byte; nil at the end.
  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

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

  /// Enters an array or an object.
  private mutating func descend() throws(JSONSyntaxError) {
    guard depth < Self.maxDepth else { throw error(.tooDeep) }
    depth += 1
    position += 1
  }

  private func error(_ reason: JSONSyntaxError.Reason) -> JSONSyntaxError {
    JSONSyntaxError(reason, at: position)
  }

  private var unexpected: JSONSyntaxError { error(peek == nil ? .unexpectedEnd : .unexpectedByte) }
}

// MARK: Strings

extension JSONParser {
  private mutating func string() throws(JSONSyntaxError) -> String {
    guard peek == UInt8(ascii: "\"") else { throw unexpected }
    position += 1
    let start = position
    try skipPlain()
    guard peek == UInt8(ascii: "\\") else { return try text(Array(bytes[start..<position])) }
    var content = Array(bytes[start..<position])
    while peek == UInt8(ascii: "\\") {
      try escape(into: &content)
      let plain = position
      try skipPlain()
      content += bytes[plain..<position]
    }
    return try text(content)
  }

  /// Moves to the next quotation mark or backslash.
  private mutating func skipPlain() throws(JSONSyntaxError) {
    while let byte = peek {
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return }
      guard byte >= 0x20 else { throw error(.controlCharacter) }
      position += 1
    }
    throw error(.unexpectedEnd)
  }

  /// The text of a string's bytes; moves past its end.
  private mutating func text(_ content: [UInt8]) throws(JSONSyntaxError) -> String {
    guard let text = String(validating: content, as: UTF8.self) else { throw error(.notUTF8) }
    position += 1
    return text
  }

  private mutating func escape(into content: inout [UInt8]) throws(JSONSyntaxError) {
    position += 1
    guard let byte = peek else { throw error(.unexpectedEnd) }
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

// MARK: Numbers

extension JSONParser {
  private mutating func number() throws(JSONSyntaxError) -> JSONValue {
    let start = position
    if peek == UInt8(ascii: "-") { position += 1 }
    let whole = try digits()
    if whole.count > 1, bytes[whole.lowerBound] == UInt8(ascii: "0") {
      throw JSONSyntaxError(.malformedNumber, at: start)
    }
    var fraction = position..<position
    if peek == UInt8(ascii: ".") {
      position += 1
      fraction = try digits()
    }
    let exponent = try exponent()
    let isWhole = fraction.isEmpty && exponent == nil
    let number = JSONNumber(
      text: bytes[start..<position], digits: bytes[whole], fraction: bytes[fraction],
      exponent: exponent ?? 0, isPlain: isWhole)
    if case .number(let nearest) = number.value, !nearest.isFinite, !takesInfinity {
      throw JSONSyntaxError(.numberOutOfRange, at: start)
    }
    return number.value
  }

  /// At least one digit.
  private mutating func digits() throws(JSONSyntaxError) -> Range<Int> {
    let start = position
    while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
    guard position > start else {
      throw error(peek == nil ? .unexpectedEnd : .malformedNumber)
    }
    return start..<position
  }

  /// The number after `e`; nil where there is none.
  ///
  /// One that is too long to matter is the largest.
  private mutating func exponent() throws(JSONSyntaxError) -> Int? {
    guard peek == UInt8(ascii: "e") || peek == UInt8(ascii: "E") else { return nil }
    position += 1
    let isNegative = peek == UInt8(ascii: "-")
    if isNegative || peek == UInt8(ascii: "+") { position += 1 }
    let size = Int(String(decoding: bytes[try digits()], as: UTF8.self)) ?? Int(Int32.max)
    let bounded = min(size, Int(Int32.max))
    return isNegative ? -bounded : bounded
  }
}
