/// The statements that a session of PostgreSQL has prepared, by their texts.
struct StatementCache {
  /// A prepared statement.
  final class Statement {
    /// Its name in the session.
    let name: String
    /// The names of the columns of its result, once there was one.
    var columns: [String]?

    init(name: String) {
      self.name = name
    }
  }

  /// The number of statements that are kept; others are prepared at each use.
  ///
  /// A room has a few dozen, and the rest come from filters of lists.
  private static let limit = 512

  private var statements: [String: Statement] = [:]
  private var lastNumber = 0

  /// A statement that is prepared already.
  subscript(text: String) -> Statement? { statements[text] }

  /// A new statement, to be prepared under its name.
  mutating func add(_ text: String) -> Statement {
    // The statement without a name lasts until the next one without a name.
    guard statements.count < Self.limit else { return Statement(name: "") }
    lastNumber += 1
    let statement = Statement(name: "s\(lastNumber)")
    statements[text] = statement
    return statement
  }

  /// A statement could not be prepared.
  mutating func remove(_ text: String) {
    statements[text] = nil
  }
}
