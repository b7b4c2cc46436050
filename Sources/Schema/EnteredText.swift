import Events
public import Runtime

/// The reason why a text that a person entered was refused.
public struct TextError: PermanentFailure, Hashable, Sendable, CustomStringConvertible {
  /// The clause for people: `the reason is empty`.
  public let description: String
}

extension String {
  /// Throws for an unreadable text, before it is stored and shown to others: a text without a
  /// visible character, one that is too long, and one with characters that control a terminal or
  /// change the direction of the text around them.
  ///
  /// - Parameters:
  ///   - name: the name of the text in the error's sentence: `product's name`.
  ///   - limit: the largest number of characters.
  public func validateEntered(as name: String, upTo limit: Int) throws(TextError) {
    guard let fault = fault(upTo: limit) else { return }
    throw TextError(description: "the \(name) \(fault)")
  }

  private func fault(upTo limit: Int) -> String? {
    guard contains(where: { !$0.isWhitespace }) else { return "is empty" }
    guard unicodeScalars.contains(where: \.isVisible) else {
      return "has no character that can be seen"
    }
    if let control = unicodeScalars.first(where: \.isDirectionControl) {
      return "has \(control.codePoint) in it, which changes the direction of the text around it"
    }
    guard count <= limit else { return "has \(count) characters" }
    // A character may be made of any number of bytes, and an event has 64 KiB.
    guard utf8.count <= 4 * limit else { return "has \(utf8.count) bytes" }
    return unicodeScalars.allSatisfy(\.isReadable) ? nil : "has control characters in it"
  }
}

extension Unicode.Scalar {
  fileprivate var isReadable: Bool {
    properties.generalCategory != .control || properties.isWhitespace
  }

  /// The name that Unicode gives it: `U+202E`.
  fileprivate var codePoint: String {
    let digits = String(value, radix: 16, uppercase: true)
    return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }
}
