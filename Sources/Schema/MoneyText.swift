// The written form of money: `25.00 USD`.

import Events

extension Money {
  /// The amount with its code and the currency's decimals.
  ///
  /// For example `25.00 USD`, `-0.05 EUR`, `1500 JPY`; the same in every locale, for logs and
  /// tests.
  public var formatted: String { "\(decimal) \(currency)" }

  /// The amount alone, in the form that `init(decimal:currency:)` reads: `25.00`.
  public var decimal: String {
    let places = currency.minorUnitDigits
    let digits = String(amount.magnitude)
    let padding = String(repeating: "0", count: max(0, places + 1 - digits.count))
    let padded = (amount < 0 ? "-" : "") + padding + digits
    return places == 0 ? padded : "\(padded.dropLast(places)).\(padded.suffix(places))"
  }

  /// The amount with its code as a page shows it, in groups of three digits: `1 234 567.89 USD`.
  ///
  /// The groups are those of `BinaryInteger.shown`. Pages alone show it: what programs read has
  /// `decimal`, and logs have `formatted`.
  public var shown: String { "\(shownDecimal) \(currency)" }

  /// The amount alone as a page shows it: `1 234 567.89`.
  public var shownDecimal: String {
    let places = currency.minorUnitDigits
    let unit = (0..<places).reduce(UInt64(1)) { unit, _ in unit * 10 }
    let whole = (amount < 0 ? "-" : "") + (amount.magnitude / unit).shown
    return places == 0 ? whole : "\(whole).\(decimal.suffix(places))"
  }

  /// Reads an entered amount: digits, and a point with at most the currency's decimals.
  ///
  /// For example `10.00`, `10` or `0.5`; space around it is ignored. Separators of thousands and
  /// decimal commas are errors and never guessed at: `1,000` is a thousand to one reader and one to
  /// another. The limit of entered amounts is checked by `validateEntered(as:)`.
  public init(decimal text: String, currency: Currency) throws(MoneyError) {
    let text = trimmed(text)
    guard !text.isEmpty else { throw .malformed("the amount is empty, write it like 10.00") }
    guard !text.hasPrefix("-") else { throw .negative("amount \(quoted(text))") }
    let (whole, fraction) = try split(text, in: currency)
    let missing = currency.minorUnitDigits - fraction.utf8.count
    guard missing >= 0 else { throw .malformed(tooManyDecimals(text, in: currency)) }
    guard let amount = Int64(whole + fraction + String(repeating: "0", count: missing)) else {
      throw .overflow(in: currency)
    }
    self.init(amount: amount, currency: currency)
  }

  /// Reads an amount that a person typed into a page's form, or copied from a page: a comma may
  /// stand before the decimals, and spaces between groups of three digits.
  ///
  /// For example `12,50` is `12.50`, and `1 234 567.89` is `1234567.89`. The space is that of the
  /// keyboard, or one that does not break (U+00A0, U+202F), as `shown` has it. That is the only comma
  /// which is understood: one, with no other mark but these spaces, before at most the currency's
  /// decimals and not before three digits, which may be thousands. `1,000` and all else is read, and
  /// refused, as `init(decimal:currency:)` does it; programs write the point, so the API reads by
  /// that one alone.
  public init(entered text: String, currency: Currency) throws(MoneyError) {
    let digits = withoutGroups(trimmed(text))
    try self.init(decimal: withDecimalPoint(digits, in: currency), currency: currency)
  }
}

extension Money: CustomStringConvertible {
  /// The formatted amount.
  public var description: String { formatted }
}

private func trimmed(_ text: String) -> String {
  let start = text.drop(while: \.isWhitespace)
  return String(start.reversed().drop(while: \.isWhitespace).reversed())
}

/// The text without the spaces between its groups of three digits; unchanged where a space is
/// elsewhere.
private func withoutGroups(_ text: String) -> String {
  let end = text.firstIndex { ".,".contains($0) } ?? text.endIndex
  let groups = text[..<end].split(omittingEmptySubsequences: false) {
    " \u{a0}\u{202f}".contains($0)
  }
  .map(String.init)
  guard let first = groups.first, groups.allSatisfy(isDigits), first.utf8.count <= 3,
    groups.dropFirst().allSatisfy({ $0.utf8.count == 3 })
  else { return text }
  return groups.joined() + text[end...]
}

/// The text with a point in the place of its decimal comma; unchanged where it has none.
private func withDecimalPoint(_ text: String, in currency: Currency) -> String {
  let parts = trimmed(text).split(separator: ",", omittingEmptySubsequences: false).map(String.init)
  guard parts.count == 2, parts.allSatisfy(isDigits), parts[1].utf8.count != 3,
    parts[1].utf8.count <= currency.minorUnitDigits
  else { return text }
  return "\(parts[0]).\(parts[1])"
}

/// The digits before the point and those after it.
private func split(
  _ text: String, in currency: Currency
) throws(MoneyError) -> (whole: String, fraction: String) {
  let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
  guard parts.count <= 2, !text.contains(where: isSeparator) else {
    guard isDigits(text.filter { !isSeparator($0) && $0 != "." }) else { throw notAnAmount(text) }
    let digits = withoutSeparators(text, decimals: currency.minorUnitDigits)
    let example = digits.map { "like \($0)" } ?? "as digits, with a point before the decimals"
    throw .malformed("\(quoted(text)) has separators, write it \(example)")
  }
  guard parts.allSatisfy(isDigits) else { throw notAnAmount(text) }
  return (parts[0], parts.count == 2 ? parts[1] : "")
}

/// An amount with separators as it is to be written; nil where it may be one of two amounts.
///
/// A point or a comma that is the last mark, and the only one of its kind, is before the decimals;
/// three digits after it may be thousands too.
private func withoutSeparators(_ text: String, decimals: Int) -> String? {
  let marks = text.filter { !isDigits(String($0)) }
  guard let last = marks.last else { return nil }
  var whole = text[...]
  var fraction = ""
  if ".,".contains(last) {
    guard marks.filter({ $0 == last }).count == 1, let place = text.lastIndex(of: last) else {
      return nil
    }
    fraction = String(text[text.index(after: place)...])
    guard isDigits(fraction), fraction.count <= decimals, fraction.count != 3 else { return nil }
    whole = text[..<place]
  }
  let groups = whole.split(omittingEmptySubsequences: false) { !isDigits(String($0)) }
  let areThousands = groups.dropFirst().allSatisfy { $0.count == 3 }
  guard Set(marks.filter { $0 != last || fraction.isEmpty }).count < 2, areThousands,
    groups.count == 1 || groups.first?.count ?? 0 < 4,
    groups.allSatisfy({ isDigits(String($0)) })
  else { return nil }
  let digits = groups.joined()
  let zeros = String(repeating: "0", count: fraction.isEmpty ? 0 : decimals - fraction.count)
  return fraction.isEmpty ? digits : "\(digits).\(fraction)\(zeros)"
}

private func notAnAmount(_ text: String) -> MoneyError {
  .malformed("\(quoted(text)) is not an amount, write it like 10.00")
}

private func isSeparator(_ character: Character) -> Bool {
  ",'’_".contains(character) || character.isWhitespace
}

private func isDigits(_ part: String) -> Bool {
  !part.isEmpty
    && part.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
}

private func tooManyDecimals(_ text: String, in currency: Currency) -> String {
  let digits = currency.minorUnitDigits
  return "\(quoted(text)) has too many digits after the point, \(currency) has "
    + (digits == 0 ? "none" : "\(digits)")
}
