import Runtime

/// A session of PostgreSQL, inside one transaction or snapshot.
struct PostgreSQLConnection: Connection {
  let session: PostgreSQLSession
  /// What the transaction has changed.
  let changes = Changes()

  /// The changes of a transaction, as far as other replicas are to learn of them.
  final class Changes {
    fileprivate(set) var areMade = false
    fileprivate var areQuiet = false

    fileprivate func note(_ statement: SQL) {
      if !areQuiet, !statement.text.hasPrefix("SELECT") { areMade = true }
    }
  }

  var reportsFailuresLate: Bool { true }

  func rows(_ query: SQL) throws -> [Row] {
    changes.note(query)
    return try session.rows(query)
  }

  func run(_ command: SQL) throws {
    changes.note(command)
    try session.run(command)
  }

  func quietly<Value>(_ part: () throws -> Value) rethrows -> Value {
    changes.areQuiet = true
    defer { changes.areQuiet = false }
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
