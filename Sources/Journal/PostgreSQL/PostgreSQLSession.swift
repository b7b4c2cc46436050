import CPostgreSQL
import Glibc

/// A session of PostgreSQL in pipeline mode: statements are sent without waiting for the results of
/// those before, and a query waits for its own and theirs.
///
/// One thread at a time uses it, which its owner ensures: the writer by a lock, the readers by a
/// pool that hands each to one user.
final class PostgreSQLSession: @unchecked Sendable {
  /// The database, in messages.
  let name: String
  private let handle: PostgreSQLHandle
  private var statements = StatementCache()
  /// What was sent, and has no result yet, in order.
  private var sent: [Sent] = []
  /// Whether nothing can be sent or received any more.
  private(set) var isLost = false
  /// How often results were waited for.
  private(set) var roundTrips = 0

  /// A part of the pipeline.
  fileprivate enum Sent {
    case preparation(of: String)
    case statement(StatementCache.Statement)
    /// The end of a part, before which a failure skips the rest.
    case end
  }

  /// The number of statements after which their results are read: neither side may fill the
  /// other's buffers while both write.
  private static let longestPipeline = 64

  /// Connects to a database, and sets what a journal needs of a session.
  ///
  /// - Parameter settings: statements that set it.
  /// - Throws: ``JournalError``.
  init(to address: PostgreSQLAddress, settings: String) throws {
    name = address.description
    do {
      handle = try .connected(to: address)
    } catch let failure as PostgreSQLFailure {
      throw JournalError.ofPostgreSQL(failure, at: name)
        ?? JournalError(
          .unreachable, summary: "\(name) cannot be opened (\(failure.message))", cause: failure)
    }
    guard PQserverVersion(handle.pointer) >= 140_000 else {
      throw JournalError(
        .unsuitable, summary: "the server of \(name) is older than PostgreSQL 14",
        remedy: "Use version 14 or a later one.")
    }
    try script(settings)
  }

  /// The number of warnings so far.
  var warnings: Int { handle.warnings.count }

  /// Whether a statement of the transaction has failed, so that the server takes no other one.
  var hasFailed: Bool { PQtransactionStatus(handle.pointer) == PQTRANS_INERROR }

  /// Whether the server still answers, as far as the socket shows it: an idle session that the
  /// server has ended is seen here, and not by its next user.
  func isAlive() -> Bool {
    do {
      // What an earlier user has left to be read.
      try settle()
    } catch {
      return false
    }
    guard !isLost else { return false }
    guard handle.wait(for: Int16(POLLIN), milliseconds: 0) else { return true }
    return PQconsumeInput(handle.pointer) == 1 && !handle.isLost
      && !handle.wait(for: Int16(POLLIN), milliseconds: 0)
  }
}

// MARK: Notifications

extension PostgreSQLSession {
  /// The numbers of the writers that have notified the session, after waiting for the first one.
  ///
  /// - Parameters:
  ///   - milliseconds: how long it waits at most.
  ///   - file: a file that ends the wait when it is readable.
  /// - Returns: nil where the session has ended.
  func notifications(waiting milliseconds: Int32, or file: Int32) -> [Int64?]? {
    // Those that have come with the result of a statement are read already.
    var writers = takeNotifications()
    guard writers.isEmpty else { return writers }
    handle.wait(for: Int16(POLLIN), or: file, milliseconds: milliseconds)
    guard handle.wait(for: Int16(POLLIN), milliseconds: 0) else { return [] }
    guard PQconsumeInput(handle.pointer) == 1, !handle.isLost else { return nil }
    writers = takeNotifications()
    return writers
  }

  private func takeNotifications() -> [Int64?] {
    var writers: [Int64?] = []
    while let notification = PQnotifies(handle.pointer) {
      writers.append(Int64(String(cString: notification.pointee.extra)))
      PQfreemem(notification)
    }
    return writers
  }
}

// MARK: Statements

extension PostgreSQLSession {
  /// Sends a statement.
  ///
  /// Its failure is thrown by a later call: the next query, or ``settle()``.
  func run(_ command: SQL) throws {
    try send(command)
    if sent.count >= Self.longestPipeline { try settle() }
  }

  /// The rows of a query.
  ///
  /// - Throws: its failure, or that of a statement before it.
  func rows(_ query: SQL) throws -> [Row] {
    let statement = try send(query)
    try end()
    guard let result = try receive() else { return [] }
    let columns = statement.columns ?? result.columns
    statement.columns = columns
    return try result.rows(columns: columns)
  }

  /// Waits for the results of what was sent.
  ///
  /// - Returns: the command of the last one, for example `COMMIT`.
  /// - Throws: the first failure.
  @discardableResult
  func settle() throws -> String? {
    if sent.isEmpty { return nil }
    if case .end? = sent.last {} else { try end() }
    return try receive()?.command
  }

  /// Sends all, without waiting for the results.
  func end() throws {
    try requireConnection()
    sent.append(.end)
    guard PQpipelineSync(handle.pointer) == 1 else { throw lost() }
  }

  /// Runs statements with semicolons between them, without arguments, and leaves pipeline mode for
  /// it.
  func script(_ text: String) throws {
    try requireConnection()
    try settle()
    guard PQexitPipelineMode(handle.pointer) == 1 else { throw lost() }
    guard let pointer = PQexec(handle.pointer, text) else { throw lost() }
    let kind = PostgreSQLResult(owning: pointer).kind
    if PQenterPipelineMode(handle.pointer) != 1 { isLost = true }
    if case .failed(let failure) = kind { throw error(failure) }
    try requireConnection()
  }

  @discardableResult
  private func send(_ command: SQL) throws -> StatementCache.Statement {
    try requireConnection()
    let arguments = try ArgumentList(command.arguments)
    let statement = try statements[command.text] ?? prepare(command.text)
    let isSent = arguments.withPointers { count, values, lengths, formats in
      PQsendQueryPrepared(
        handle.pointer, statement.name, count, values, lengths, formats, 1)
    }
    guard isSent == 1 else { throw lost() }
    sent.append(.statement(statement))
    return statement
  }

  private func prepare(_ text: String) throws -> StatementCache.Statement {
    let statement = statements.add(text)
    sent.append(.preparation(of: text))
    guard
      PQsendPrepare(handle.pointer, statement.name, numberingPlaces(of: text), 0, nil) == 1
    else { throw lost() }
    return statement
  }
}

// MARK: Results

extension PostgreSQLSession {
  /// Reads the results of all that was sent.
  ///
  /// - Returns: the last statement's.
  /// - Throws: the first failure.
  private func receive() throws -> PostgreSQLResult? {
    roundTrips += 1
    var last: PostgreSQLResult?
    var failure: PostgreSQLFailure?
    for part in sent {
      let result = try next(isEnd: part.isEnd)
      switch result.kind {
      case .done, .synchronized: if part.isStatement { last = consume result }
      case .skipped: forget(part)
      case .failed(let found):
        failure = failure ?? found
        forget(part)
      }
    }
    sent.removeAll(keepingCapacity: true)
    if let failure { throw error(failure) }
    return last
  }

  /// The next result.
  private func next(isEnd: Bool) throws -> PostgreSQLResult {
    guard let pointer = PQgetResult(handle.pointer) else { throw lost() }
    let result = PostgreSQLResult(owning: pointer)
    if case .failed(let failure) = result.kind, failure.ends {
      throw error(failure)
    }
    // The results of a statement end with null, and that of an end stands alone.
    while !isEnd, let more = PQgetResult(handle.pointer) { PQclear(more) }
    return result
  }

  /// A statement that could not be prepared is prepared again at its next use.
  private func forget(_ part: Sent) {
    if case .preparation(let text) = part { statements.remove(text) }
  }
}

extension PostgreSQLSession.Sent {
  fileprivate var isEnd: Bool { if case .end = self { true } else { false } }
  fileprivate var isStatement: Bool { if case .statement = self { true } else { false } }
}

// MARK: Failures

extension PostgreSQLSession {
  /// A failure in the journal's terms, after which the session may be over.
  private func error(_ failure: PostgreSQLFailure) -> JournalError {
    let error = JournalError.ofStatement(failure, at: name)
    // Prepared statements of before a change of the tables are gone with the session.
    if failure.ends || handle.isLost || failure.isOfPlan {
      isLost = true
    }
    return error
  }

  /// The failure of the connection itself.
  private func lost() -> JournalError {
    isLost = true
    return JournalError.ofStatement(PostgreSQLFailure(connecting: handle.message), at: name)
  }

  private func requireConnection() throws {
    guard !isLost else {
      throw JournalError.ofStatement(
        PostgreSQLFailure(connecting: "the connection has ended"), at: name)
    }
  }

  /// Undoes the transaction, as far as there still is a session.
  func rollBack() {
    guard !isLost else { return }
    _ = try? settle()
    guard PQtransactionStatus(handle.pointer) != PQTRANS_IDLE else { return }
    _ = try? run("ROLLBACK")
    _ = try? settle()
    // A session whose state is not known is not used again.
    if PQtransactionStatus(handle.pointer) != PQTRANS_IDLE { isLost = true }
  }
}
