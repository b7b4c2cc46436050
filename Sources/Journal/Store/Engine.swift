package import Runtime

/// A database engine under a journal: the seam between the journal and the engine's own types.
///
/// Errors that leave an engine are in the journal's terms. A failure of the engine itself is a
/// ``JournalError`` whose ``JournalError/isOfTheWork`` is false. Errors of a closure pass unchanged.
///
/// Backup, verification and the write-ahead log belong to one engine, and are not part of the seam.
package protocol Engine: Sendable {
  /// The database in sentences, for example its file.
  var name: String { get }

  /// Runs work in a transaction and commits it durably; an error of the work rolls it back.
  ///
  /// The calling thread waits.
  func write<Value>(_ work: (any Connection) throws -> Value) throws -> Value

  /// Runs work in a transaction and commits it durably, without blocking the calling thread.
  ///
  /// If the task is cancelled, the transaction is rolled back.
  func write<Value: Sendable>(
    _ work: @escaping @Sendable (any Connection) throws -> Value
  ) async throws -> Value

  /// Reads committed data in one snapshot.
  func read<Value>(_ query: (any Connection) throws -> Value) throws -> Value

  /// Reads committed data in one snapshot, on the connection of the writes: for a short query between
  /// two commits, which waits for no reader.
  ///
  /// - Returns: nil for an engine without a connection that answers at once.
  func readBetweenWrites<Value>(_ query: (any Connection) throws -> Value) throws -> Value?

  /// Reads committed data in one snapshot, without blocking the calling thread.
  func read<Value: Sendable>(
    _ query: @escaping @Sendable (any Connection) throws -> Value
  ) async throws -> Value

  /// Runs the migrations that the database does not have yet, in order.
  func migrate(_ migrations: [Migration]) throws

  /// Calls a closure soon after each commit of another process; nil ends the calls.
  ///
  /// It may also be called where there was none. An engine of a database that one process writes has
  /// nothing to call it for.
  func onForeignCommit(_ committed: (@Sendable () -> Void)?)

  /// Closes the database, after which it can neither be read nor written.
  func close() throws
}

extension Engine {
  package func readBetweenWrites<Value>(_ query: (any Connection) throws -> Value) throws -> Value?
  {
    nil
  }

  package func onForeignCommit(_ committed: (@Sendable () -> Void)?) {}
}

/// A connection of an engine, inside one transaction or snapshot.
package protocol Connection: AnyObject {
  /// All rows of a result.
  func rows(_ query: SQL) throws -> [Row]

  /// Runs a statement without a result.
  func run(_ command: SQL) throws

  /// A number of the data: a commit of this connection makes it one greater, and so does a transaction
  /// that finds commits of others. Nil where none is known.
  var dataVersion: UInt32? { get }

  /// Runs a part whose changes are no news for other replicas.
  func quietly<Value>(_ part: () throws -> Value) rethrows -> Value

  /// The present time of a database that several machines share; nil where the machine's own counts.
  func sharedClock() throws -> Timestamp?

  /// Runs a part of a transaction whose changes can be undone alone.
  ///
  /// The changes are undone where `keep` is false, and where the part throws.
  func undoable<Value>(_ part: () throws -> (value: Value, keep: Bool)) throws -> Value

  /// Whether the failure of ``run(_:)`` may be thrown by a later statement.
  var reportsFailuresLate: Bool { get }

  /// Throws where a statement has failed and its error was not thrown, or was caught and ignored.
  func requireSound() throws
}

/// For an engine that reports each failure at once, and undoes the statement alone.
extension Connection {
  package var dataVersion: UInt32? { nil }

  package var reportsFailuresLate: Bool { false }

  package func sharedClock() -> Timestamp? { nil }

  package func quietly<Value>(_ part: () throws -> Value) rethrows -> Value { try part() }

  package func requireSound() {}
}
