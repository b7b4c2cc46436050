// Numbers as people read them: in groups of three digits.

extension BinaryInteger {
  /// The digits in groups of three, as a page shows a number: `1 234 567`.
  ///
  /// A narrow no-break space (U+202F) is between the groups: a comma or a point would be a decimal
  /// mark to some readers. It is for people: JSON, files, logs and the values of fields have plain
  /// digits.
  package var shown: String {
    let digits = Array(String(magnitude))
    let groups = stride(from: digits.count % 3 - 3, to: digits.count, by: 3).map { start in
      String(digits[max(start, 0)..<start + 3])
    }
    return (self < 0 ? "-" : "") + groups.filter { !$0.isEmpty }.joined(separator: "\u{202f}")
  }
}
