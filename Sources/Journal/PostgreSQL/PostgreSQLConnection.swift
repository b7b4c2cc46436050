import Runtime

/// A session of PostgreSQL, inside one transaction or snapshot.
final class PostgreSQLConnection: Connection {
  let session: PostgreSQLSession
  /// Whether the transaction has made changes of which other replicas are to learn.
  private(set) var hasChanges = false
  private var isQuiet = false

  init(session: PostgreSQLSession) {
    self.session = session
  }

  var reportsFailuresLate: Bool { true }

  func rows(_ query: SQL) throws -> [Row] {
    note(query)
    return try session.rows(query)
  }

  func run(_ command: SQL) throws {
    note(command)
    try session.run(command)
  }

  private func note(_ statement: SQL) {
    if !isQuiet, !statement.text.hasPrefix("SELECT") { hasChanges = true }
  }

  func quietly<Value>(_ part: () throws -> Value) rethrows -> Value {
    isQuiet = true
    defer { isQuiet = false }
    return try part()
  }

  func sharedClock() throws -> Timestamp? {
    try session.rows(
      "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now"
    ).first?.value("now")
  }

  func undoable<Value>(_ part: () throws -> (value: Value, keep: Bool)) throws -> Value {
    try session.run("SAVEPOINT part")
    do {
      let outcome = try part()
      if outcome.keep {
        try requireSound()
        try session.run("RELEASE SAVEPOINT part")
      } else {
        try undo()
      }
      return outcome.value
    } catch {
      if !session.isLost { try undo() }
      throw error
    }
  }

  /// The server takes no other statement after one that failed, until the savepoint.
  private func undo() throws {
    _ = try? session.settle()
    try session.run("ROLLBACK TO SAVEPOINT part")
    try session.run("RELEASE SAVEPOINT part")
  }

  func requireSound() throws {
    try session.settle()
    try requireNoFailure()
  }

  /// Throws where a statement whose result was read has failed.
  func requireNoFailure() throws {
    guard !session.hasFailed else {
      throw JournalError(
        .statement, summary: "a statement failed, and the work went on in spite of its error")
    }
  }
}
