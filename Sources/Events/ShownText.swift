// The display of text from outside: it cannot move the cursor, change the direction of the text
// around it, or hide characters.

extension Unicode.Scalar {
  /// Whether it changes the direction of the text around it: U+061C, U+200E, U+200F, U+202A to
  /// U+202E, U+2066 to U+2069.
  ///
  /// `\u{202e}gnp.exe` is shown as `exe.png`.
  public var isDirectionControl: Bool {
    switch value {
    case 0x061c, 0x200e, 0x200f, 0x202a...0x202e, 0x2066...0x2069: true
    default: false
    }
  }

  /// Whether it is visible alone: not a space, a control, a default-ignorable or unassigned code
  /// point, or a mark without a letter.
  public var isVisible: Bool {
    if isPlainASCII { return value != 0x20 }
    guard !isBlankSymbol, !properties.isDefaultIgnorableCodePoint, !properties.isWhitespace else {
      return false
    }
    switch properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
      .paragraphSeparator, .spaceSeparator, .nonspacingMark, .enclosingMark:
      return false
    default: return true
    }
  }

  /// Whether it must be escaped where text from outside is shown.
  ///
  /// Joiners and variation selectors are part of the letter or the emoji before them, and stay
  /// there; elsewhere they are invisible.
  ///
  /// - Parameter previous: the scalar before it; nil at the beginning.
  package func isHidden(after previous: Unicode.Scalar?) -> Bool {
    if isPlainASCII { return false }
    switch value {
    case 0x200c, 0x200d, 0xfe00...0xfe0f: return !(previous?.isVisible ?? false)
    default: break
    }
    if isBlankSymbol || properties.isDefaultIgnorableCodePoint { return true }
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: return true
    default: return false
    }
  }

  /// Space to tilde.
  package var isPlainASCII: Bool { (0x20...0x7e).contains(value) }

  /// A symbol by its category that is drawn as nothing: the empty Braille pattern, and a note
  /// without a head.
  private var isBlankSymbol: Bool { value == 0x2800 || value == 0x1d159 }
}

extension String {
  /// The text on one line as a terminal or a log may show it: controls, direction controls and
  /// invisible characters are written as `\u{202e}`.
  public var escapedForTerminal: String {
    escaped { "\\u{\(String($0.value, radix: 16))}" }
  }

  /// JSON text on one line with the same characters written as `\u202e`.
  ///
  /// Its value stays the same: outside of strings, JSON has only ends of lines and tabs of them,
  /// which become spaces.
  public var escapedInsideJSON: String {
    escaped { scalar in
      guard scalar.value >= 0x20 else { return " " }
      return Character(scalar).utf16.map { unit in
        let digits = String(unit, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      }.joined()
    }
  }

  /// The text as a sentence quotes it: its first characters, with `…` for the rest, escaped as in
  /// ``escapedForTerminal``.
  ///
  /// - Parameter limit: how many Unicode scalars are kept; a character may be made of any number.
  public func quoted(upTo limit: Int) -> String {
    let end =
      unicodeScalars.index(
        startIndex, offsetBy: limit, limitedBy: endIndex) ?? endIndex
    let shown = String(unicodeScalars[..<end]).escapedForTerminal
    return end == endIndex ? shown : shown + "…"
  }

  private func escaped(_ escape: (Unicode.Scalar) -> String) -> String {
    guard !utf8.allSatisfy({ (0x20...0x7e).contains($0) }) else { return self }
    var shown = UnicodeScalarView()
    var previous: Unicode.Scalar?
    for scalar in unicodeScalars {
      if scalar.isHidden(after: previous) {
        shown.append(contentsOf: escape(scalar).unicodeScalars)
      } else {
        shown.append(scalar)
      }
      previous = scalar
    }
    return String(shown)
  }
}
