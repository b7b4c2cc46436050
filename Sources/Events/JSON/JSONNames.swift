/// The names of one object, none of which may occur twice.
struct JSONNames {
  /// So many names are compared with one another; more are kept in a set, so that the work grows with
  /// the text.
  private static let compared = 16

  /// The token of the first name.
  let first: Int
  private var count = 0
  private var texts: Set<String> = []

  init(first: Int) { self.first = first }

  /// Adds a name, whose value has been read.
  ///
  /// - Returns: whether it is new.
  mutating func insert(
    _ name: Int, of tokens: [JSONText.Token], in bytes: UnsafeBufferPointer<UInt8>
  ) -> Bool {
    func text(_ index: Int) -> String { JSONParser.text(bytes, at: tokens[index].bytes) ?? "" }
    guard count < Self.compared else {
      if texts.isEmpty { before(name, of: tokens) { texts.insert(text($0)) } }
      return texts.insert(text(name)).inserted
    }
    count += 1
    let range = tokens[name].bytes
    var isNew = true
    before(name, of: tokens) { other in
      guard tokens[other].kind == .plain, tokens[name].kind == .plain else {
        if text(other) == text(name) { isNew = false }
        return
      }
      let otherRange = tokens[other].bytes
      if range.count == otherRange.count, bytes[range].elementsEqual(bytes[otherRange]) {
        isNew = false
      }
    }
    return isNew
  }

  /// Visits the names that come before one.
  private func before(_ name: Int, of tokens: [JSONText.Token], visit: (Int) -> Void) {
    var place = first
    while place < name {
      visit(place)
      place = tokens[place + 1].next
    }
  }
}
