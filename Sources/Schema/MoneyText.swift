// The written form of money: `25.00 USD`.

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

  /// Reads an entered amount: digits, and a point with at most the currency's decimals.
  ///
  /// For example `10.00`, `10` or `0.5`; space around it is ignored. Separators of thousands and
  /// decimal commas are errors and never guessed at: `1,000` is a thousand to one reader and one to
  /// another. The limit of entered amounts is checked by `validateEntered(as:)`.
  public init(decimal text: String, currency: Currency) throws(MoneyError) {
    let text = trimmed(text)
    guard !text.isEmpty else { throw .malformed("the amount is empty, write it like 10.00") }
    guard !text.hasPrefix("-") else { throw .negative("amount \(quoted(text))") }
    let (whole, fraction) = try split(text)
    let missing = currency.minorUnitDigits - fraction.utf8.count
    guard missing >= 0 else { throw .malformed(tooManyDecimals(text, in: currency)) }
    guard let amount = Int64(whole + fraction + String(repeating: "0", count: missing)) else {
      throw .overflow(in: currency)
    }
    self.init(amount: amount, currency: currency)
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

/// The digits before the point and those after it.
private func split(_ text: String) throws(MoneyError) -> (whole: String, fraction: String) {
  let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
  guard parts.count <= 2, !text.contains(where: isSeparator) else {
    throw isDigits(text.filter { !isSeparator($0) && $0 != "." })
      ? .malformed("\(quoted(text)) has separators, write it without them, like 1000.00")
      : notAnAmount(text)
  }
  guard parts.allSatisfy(isDigits) else { throw notAnAmount(text) }
  return (parts[0], parts.count == 2 ? parts[1] : "")
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
