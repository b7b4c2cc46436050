import GRDB

/// The prepared statements without a result of a database's one writer.
///
/// GRDB's own cache hashes each text for any input, and asks at each look whether it is on the right
/// queue: half of what a small statement costs.
final class PreparedCommands: @unchecked Sendable {
  // Used on the writer's queue alone.
  private var statements: [(text: String, statement: Statement)?] = []

  private static let places = 256

  /// Prepares a statement, or finds it prepared.
  ///
  /// - Throws: `DatabaseError` for a text that SQLite does not accept.
  func statement(_ text: String, in database: Database) throws -> Statement {
    let place = Self.place(of: text)
    if place < statements.count, let known = statements[place], known.text == text {
      return known.statement
    }
    let statement = try database.makeStatement(sql: text)
    if statements.isEmpty { statements = Array(repeating: nil, count: Self.places) }
    statements[place] = (text, statement)
    return statement
  }

  func forget() {
    statements = []
  }

  /// Of two texts with the same place, the one that came last is kept.
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
