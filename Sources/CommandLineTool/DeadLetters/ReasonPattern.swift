/// A reason without the parts that differ from event to event: `<id>` for each id, `<n>` for each
/// number.
struct ReasonPattern: Hashable, Sendable, CustomStringConvertible {
  let description: String

  init(_ reason: String) {
    var pattern = ""
    var word = ""
    for character in reason {
      if character.isPartOfWord {
        word.append(character)
      } else {
        pattern += Self.pattern(ofWord: word)
        word = ""
        pattern.append(character)
      }
    }
    description = pattern + Self.pattern(ofWord: word)
  }

  /// Letters, digits and hyphens between other characters: an id as a whole, or text with numbers.
  private static func pattern(ofWord word: String) -> String {
    guard word.contains(where: \.isDigit) else { return word }
    let characters = word.filter { $0 != "-" }
    if characters.count >= 16, characters.allSatisfy(\.isHexDigit) { return "<id>" }
    var pattern = ""
    var isInNumber = false
    for character in word {
      if !character.isDigit {
        pattern.append(character)
      } else if !isInNumber {
        pattern += "<n>"
      }
      isInNumber = character.isDigit
    }
    return pattern
  }
}

extension Character {
  fileprivate var isDigit: Bool { isASCII && isNumber }
  fileprivate var isPartOfWord: Bool { isASCII && (isLetter || isNumber || self == "-") }
}
