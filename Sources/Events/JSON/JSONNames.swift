/// The names of one object, none of which may occur twice.
struct JSONNames {
  /// So many names are compared with one another; more are kept in a set, so that the work grows with
  /// the text.
  private static let compared = 16

  private var indices: [Int] = []
  private var texts: Set<String> = []

  /// Adds a name.
  ///
  /// - Returns: whether it is new.
  mutating func insert(
    _ index: Int, of tokens: [JSONText.Token], in bytes: UnsafeBufferPointer<UInt8>
  ) -> Bool {
    func text(_ index: Int) -> String { JSONParser.text(bytes, at: tokens[index].bytes) ?? "" }
    guard indices.count < Self.compared else {
      if texts.isEmpty { texts = Set(indices.map(text)) }
      return texts.insert(text(index)).inserted
    }
    let isNew = !indices.contains { other in
      guard tokens[other].kind == .plain, tokens[index].kind == .plain else {
        return text(other) == text(index)
      }
      let (range, otherRange) = (tokens[index].bytes, tokens[other].bytes)
      return range.count == otherRange.count && bytes[range].elementsEqual(bytes[otherRange])
    }
    indices.append(index)
    return isNew
  }
}
