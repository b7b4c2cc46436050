import Dispatch
import Synchronization

extension ServiceJournal {
  /// An engine for a table beside this journal, in the same database and by another session; nil
  /// where the journal is not in PostgreSQL.
  ///
  /// Its commits are not the journal's. The replicas of a service share the table.
  package func engineBeside() -> (any Engine)? {
    guard case .postgreSQL(let place) = place else { return nil }
    return PostgreSQLBooks(place.address)
  }
}

/// A database of PostgreSQL for a table beside a journal.
///
/// Each transaction takes a lock that ends with it, so that those of several processes follow one
/// another and never wait for each other's rows in a circle. The journal's row is not locked.
///
/// A commit whose answer is lost is an error: the work is repeated, and must have its effect once.
///
/// Its state is used under `turn` alone.
final class PostgreSQLBooks: Engine, @unchecked Sendable {
  let name: String
  private let address: PostgreSQLAddress
  private let turn = Mutex(())
  private var session: PostgreSQLSession?
  private var isClosed = false

  /// An engine that connects when it is used, and again when the connection has ended.
  init(_ address: PostgreSQLAddress) {
    self.address = address
    name = address.description
  }

  func write<Value>(_ work: (any Connection) throws -> Value) throws -> Value {
    try transaction("BEGIN ISOLATION LEVEL READ COMMITTED") { session in
      // Each statement of the work then sees what the transactions before have committed.
      let key = PostgreSQLSettings.booksLock
      try session.run("SELECT pg_advisory_xact_lock(\(key), hashtext(current_schema()))")
      return try work(PostgreSQLConnection(session: session))
    }
  }

  func write<Value: Sendable>(
    _ work: @escaping @Sendable (any Connection) throws -> Value
  ) async throws -> Value {
    try await onAnotherThread { try self.write(work) }
  }

  func read<Value>(_ query: (any Connection) throws -> Value) throws -> Value {
    try transaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") { session in
      try query(PostgreSQLConnection(session: session))
    }
  }

  func read<Value: Sendable>(
    _ query: @escaping @Sendable (any Connection) throws -> Value
  ) async throws -> Value {
    try await onAnotherThread { try self.read(query) }
  }

  /// The table is made by its user, and is not a part of the journal's design.
  func migrate(_ migrations: [Migration]) throws {
    preconditionFailure("a table beside a journal has no migrations")
  }

  /// Waits for a transaction that has begun, and ends the session.
  func close() throws {
    turn.withLock { _ in
      isClosed = true
      session = nil
    }
  }
}

extension PostgreSQLBooks {
  private func onAnotherThread<Value: Sendable>(
    _ work: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    try Task.checkCancellation()
    return try await withCheckedThrowingContinuation { continuation in
      DispatchQueue.global().async { continuation.resume(with: Result { try work() }) }
    }
  }

  private func transaction<Value>(
    _ beginning: SQL, _ work: (PostgreSQLSession) throws -> Value
  ) throws -> Value {
    var result: Value?
    try turn.withLock { _ in result = try connected().transaction(beginning, work) }
    guard let result else { preconditionFailure("a transaction that throws nothing has a result") }
    return result
  }

  /// The session; a new one where the last has ended.
  private func connected() throws -> PostgreSQLSession {
    guard !isClosed else { throw JournalError.closed(name, cause: CancellationError()) }
    if let session, session.isAlive() { return session }
    session = nil
    let new = try PostgreSQLSession(to: address, settings: PostgreSQLSettings.writer)
    try PostgreSQLSettings.check(new)
    session = new
    return new
  }
}

extension PostgreSQLSettings {
  /// The first key of the lock of the transactions beside the journal; the second is the schema.
  static let booksLock = 0x6576_6762
}

extension PostgreSQLSession {
  /// Runs work in a transaction, and commits it.
  ///
  /// - Throws: also where it is not known whether the commit has come to be.
  func transaction<Value>(
    _ beginning: SQL, _ work: (PostgreSQLSession) throws -> Value
  ) throws -> Value {
    let before = warnings
    do {
      try run(beginning)
      let value = try work(self)
      try PostgreSQLConnection(session: self).requireNoFailure()
      try run("COMMIT")
      // A warning: the wait for a standby was cancelled, and a failover would lose the commit.
      guard try settle() == "COMMIT", warnings == before else {
        throw JournalError.unknownResult(
          PostgreSQLFailure(connecting: "the server has committed with a warning"))
      }
      return value
    } catch {
      rollBack()
      throw error
    }
  }
}
