import GRDB

/// The prepared statements without a result of a database's one writer, found by a cheap look.
///
/// GRDB's own cache hashes each text for any input, and asks at each look whether it is on the right
/// queue: half of what a small statement costs.
final class PreparedCommands: @unchecked Sendable {
  // Used on the writer's queue alone.
  private var statements: [(text: String, statement: Statement)?] = []
  private var isEnded = false

  private static let places = 256
  /// The places, one after another, of which a text has one.
  private static let choices = 16

  /// Prepares a statement, or finds it prepared.
  ///
  /// - Throws: `DatabaseError` for a text that SQLite does not accept.
  func statement(_ text: String, in database: Database) throws -> Statement {
    if isEnded { return try database.cachedStatement(sql: text) }
    if statements.isEmpty { statements = Array(repeating: nil, count: Self.places) }
    let first = Self.place(of: text)
    // Of texts that are made of what is asked for, there may be any number: of too many with the same
    // places, the last one is kept.
    var free = first
    for choice in 0..<Self.choices {
      let place = (first + choice) % Self.places
      guard let known = statements[place] else {
        free = place
        break
      }
      if known.text == text { return known.statement }
    }
    let statement = try database.cachedStatement(sql: text)
    statements[free] = (text, statement)
    return statement
  }

  /// Leaves all statements to GRDB, which ends them when it closes the database.
  func end() {
    isEnded = true
    statements = []
  }

  private static func place(of text: String) -> Int {
    var text = text
    let hash = text.withUTF8 { bytes in
      let raw = UnsafeRawBufferPointer(bytes)
      return stride(from: 0, to: raw.count - 7, by: 8).reduce(UInt64(raw.count)) { hash, place in
        let word = raw.loadUnaligned(fromByteOffset: place, as: UInt64.self)
        let product = (hash ^ word).multipliedFullWidth(by: 0x9e37_79b9_7f4a_7c15)
        return product.high ^ product.low
      }
    }
    return Int(truncatingIfNeeded: hash) & (places - 1)
  }
}
