import Events
import FoundationEssentials

/// One condition of `--where`: a field, a comparison and a value.
struct Condition: Hashable, Sendable {
  enum Comparison: String, CaseIterable, Sendable {
    // Longer signs first: they begin as the shorter ones do.
    case differs = "!="
    case atLeast = ">="
    case atMost = "<="
    case equals = "="
    case above = ">"
    case below = "<"
    case contains = "~"
  }

  let field: EventField
  let comparison: Comparison
  let value: String

  /// Reads `FIELD=VALUE`, or one with another sign.
  ///
  /// - Throws: ``UnknownField``; ``NoCondition``.
  init(_ text: String) throws {
    guard let start = text.firstIndex(where: { "!<>=~".contains($0) }),
      let comparison = Comparison.allCases.first(where: { text[start...].hasPrefix($0.rawValue) })
    else { throw NoCondition(text: text) }
    field = try EventField(String(text[..<start]))
    self.comparison = comparison
    value = String(text[start...].dropFirst(comparison.rawValue.count))
  }

  /// Whether it holds for an event.
  ///
  /// A field that the event does not have differs from every value.
  func holds(for event: SniffedEvent) -> Bool {
    let values = event.values(of: field).map(\.plain)
    return comparison == .differs
      ? !values.contains { isEqual($0) } : values.contains { holds($0) }
  }

  private func holds(_ found: String) -> Bool {
    switch comparison {
    case .equals: isEqual(found)
    case .differs: !isEqual(found)
    case .contains: found.contains(value)
    case .above: isBefore(value, found)
    case .below: isBefore(found, value)
    case .atLeast: !isBefore(found, value)
    case .atMost: !isBefore(value, found)
    }
  }

  private func isEqual(_ found: String) -> Bool {
    if found == value { return true }
    guard let left = number(found), let right = number(value) else { return false }
    return left == right
  }

  /// By size for two numbers, else by their characters: so times in UTC compare as they should.
  private func isBefore(_ first: String, _ second: String) -> Bool {
    if let left = number(first), let right = number(second) { return left < right }
    return first < second
  }

  private func number(_ text: String) -> Decimal? {
    // `Decimal` reads the beginning of a text.
    guard text.wholeMatch(of: /[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?/) != nil else {
      return nil
    }
    return Decimal(string: text)
  }
}

/// A text that is no condition.
struct NoCondition: Error, Hashable, CustomStringConvertible {
  let text: String

  var description: String {
    """
    \(text.quoted(upTo: 60)) is no condition. Write FIELD=VALUE, or one of != > >= < <= ~ for =, \
    for example subject=0199, data.total.amount>1000 or data.product~widget.
    """
  }
}
