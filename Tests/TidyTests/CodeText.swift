import Foundation

/// The text of a source file as ASCII, its comments and the contents of its strings blanked out: what
/// is left of them are spaces and line breaks, so that places stay as they are.
struct CodeText: Sendable {
  private(set) var bytes: [UInt8]

  init(_ text: String) {
    var blanking = Blanking(bytes: Array(text.utf8))
    blanking.code(untilParenthesis: false)
    bytes = blanking.bytes
  }

  /// The rest of a source file's lines: its comments, its strings and its names in backticks.
  static func prose(of text: String) -> [String] {
    var isName = false
    let prose = zip(text.utf8, CodeText(text).bytes).map { original, code in
      if code == UInt8(ascii: "`") { isName.toggle() }
      let isProse = isName || original != code || original == UInt8(ascii: "\n")
      return isProse ? original : UInt8(ascii: " ")
    }
    return String(decoding: prose, as: UTF8.self).components(separatedBy: "\n")
  }

  /// The lines, without comments and strings.
  var lines: [String] {
    bytes.split(separator: .init(ascii: "\n"), omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
  }

  /// The number of the line of a place, from 1.
  func line(of place: Int) -> Int {
    1 + bytes[..<place].count { $0 == UInt8(ascii: "\n") }
  }

  /// The place after the bracket that ends what the bracket at a place begins; nil without one.
  ///
  /// Angle brackets count only where the first one is one: elsewhere they may be operators.
  func end(ofBracketAt place: Int) -> Int? {
    let countsAngles = bytes[place] == UInt8(ascii: "<")
    var depth = 0
    for index in place..<bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
      case UInt8(ascii: "<") where countsAngles: depth += 1
      case UInt8(ascii: ">") where countsAngles && bytes[index - 1] != UInt8(ascii: "-"): depth -= 1
      default: continue
      }
      if depth == 0 { return index + 1 }
    }
    return nil
  }

  /// The parts between the commas of a bracket's content; commas in further brackets do not part.
  func parts(of content: Range<Int>) -> [String] {
    var parts: [[UInt8]] = [[]]
    var depth = 0
    for index in content {
      let byte = bytes[index]
      switch byte {
      case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"), UInt8(ascii: "<"): depth += 1
      case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
      case UInt8(ascii: ">") where bytes[index - 1] != UInt8(ascii: "-"): depth -= 1
      case UInt8(ascii: ",") where depth == 0:
        parts.append([])
        continue
      default: break
      }
      parts[parts.count - 1].append(byte)
    }
    return parts.map { part in
      String(decoding: part, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        .joined(separator: " ")
    }.filter { !$0.isEmpty }
  }
}

/// Walks through a source file, and blanks out comments and strings.
private struct Blanking {
  var bytes: [UInt8]
  private var place = 0

  init(bytes: [UInt8]) {
    self.bytes = bytes
  }

  private func sees(_ text: StaticString) -> Bool {
    text.withUTF8Buffer { wanted in
      place + wanted.count <= bytes.count
        && bytes[place..<(place + wanted.count)].elementsEqual(wanted)
    }
  }

  private mutating func blank(_ count: Int = 1) {
    for _ in 0..<count where place < bytes.count {
      if bytes[place] != UInt8(ascii: "\n") { bytes[place] = UInt8(ascii: " ") }
      place += 1
    }
  }

  /// Passes code, to its end or to the parenthesis that ends an interpolation.
  mutating func code(untilParenthesis: Bool) {
    var depth = 0
    while place < bytes.count {
      if sees("//") {
        while place < bytes.count, !sees("\n") { blank() }
      } else if sees("/*") {
        while place < bytes.count, !sees("*/") { blank() }
        blank(2)
      } else if sees("\"") || sees("#\"") || sees("##\"") {
        string()
      } else {
        if sees("(") { depth += 1 }
        if sees(")") { depth -= 1 }
        if untilParenthesis, depth < 0 { return }
        place += 1
      }
    }
  }

  private mutating func string() {
    let start = place
    while sees("#") { place += 1 }
    let hashes = Array(repeating: UInt8(ascii: "#"), count: place - start)
    let isLong = sees("\"\"\"")
    let quote = Array(repeating: UInt8(ascii: "\""), count: isLong ? 3 : 1)
    blank(quote.count)
    while place < bytes.count {
      if bytes[place...].starts(with: quote + hashes) { return blank(quote.count + hashes.count) }
      guard sees("\\") else {
        blank()
        continue
      }
      guard bytes[(place + 1)...].starts(with: hashes) else {
        blank()
        continue
      }
      blank(1 + hashes.count)
      guard sees("(") else {
        blank()
        continue
      }
      blank()
      interpolation()
    }
  }

  private mutating func interpolation() {
    let start = place
    code(untilParenthesis: true)
    let end = place
    place = start
    blank(end - start + 1)
  }
}
