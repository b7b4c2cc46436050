import Events

extension String {
  /// Refuses a text that people could not read, before it is stored and shown to others: a text
  /// without a visible character, one that is too long, and one with characters that control a
  /// terminal or change the direction of the text around them.
  ///
  /// - Parameters:
  ///   - path: the field that it came in.
  ///   - name: what it is called in a sentence: `product's name`.
  ///   - limit: how many characters it may have.
  /// - Throws: a 422 ``Problem``.
  public func validateEntered(
    _ path: String, as name: String, upTo limit: Int
  ) throws(Problem) {
    func refuse(_ fault: String) -> Problem {
      .invalid(
        path, "The \(name) \(fault).",
        remedy: "Write the \(name) in 1 to \(limit) characters.")
    }
    guard contains(where: { !$0.isWhitespace }) else { throw refuse("is empty") }
    guard unicodeScalars.contains(where: \.isVisible) else {
      throw refuse("has no character that can be seen")
    }
    if let control = unicodeScalars.first(where: \.isDirectionControl) {
      let name = "U+" + String(control.value, radix: 16, uppercase: true).paddedWithZeros(to: 4)
      throw refuse("has \(name) in it, which changes the direction of the text around it")
    }
    guard count <= limit else { throw refuse("has \(count) characters") }
    // A character may be made of any number of bytes, and an event has 64 KiB.
    guard utf8.count <= 4 * limit else { throw refuse("has \(utf8.count) bytes") }
    let isReadable = unicodeScalars.allSatisfy {
      $0.properties.generalCategory != .control || $0.properties.isWhitespace
    }
    guard isReadable else { throw refuse("has control characters in it") }
  }

  /// A clause as a whole sentence, for ``Problem/detail``.
  public var asSentence: String { prefix(1).uppercased() + dropFirst() + "." }
}

extension String {
  fileprivate func paddedWithZeros(to width: Int) -> String {
    String(repeating: "0", count: max(0, width - count)) + self
  }
}
