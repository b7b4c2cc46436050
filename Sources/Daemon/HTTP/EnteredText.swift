extension String {
  /// Refuses a text that people could not read, before it is stored and shown to others: one that
  /// is empty or blank, too long, or has control characters in it.
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
