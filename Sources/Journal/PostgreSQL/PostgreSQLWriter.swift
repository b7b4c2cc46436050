import Dispatch
import Synchronization

/// The one session by which a process writes.
///
/// Each transaction begins with the lock of the journal's row, under which it reads the head: with
/// several processes, the order of the log is the order of the commits.
///
/// Its state is used under `turn` alone.
final class PostgreSQLWriter: @unchecked Sendable {
  private let address: PostgreSQLAddress
  /// The name of the process among those that write to the journal; nil where it does alone.
  private let replica: String?
  /// The steps of the design that the program has; nil where they do not matter.
  private let steps: [String]?
  /// Called after each commit that is news for other replicas.
  private let committed: @Sendable () -> Void
  private let turn = Mutex(())
  private var session: PostgreSQLSession?
  /// The row of this process among the writers; nil before the first session.
  private var instance: Int64? {
    didSet { sharedInstance.withLock { $0 = instance } }
  }
  private let sharedInstance = Mutex<Int64?>(nil)
  /// The last session that had the locks, as the server knows it; nil before the first one.
  private var backend: PostgreSQLBackend?
  /// The number of the last commit that this process has tried.
  private var commits: Int64 = 0
  private var isClosed = false

  /// - Parameters:
  ///   - address: the database.
  ///   - replica: the name of the process among those that write; nil where it does alone.
  ///   - steps: the steps of the design that the program has; nil where they do not matter.
  ///   - committed: called after each commit that is news for other replicas.
  init(
    _ address: PostgreSQLAddress, replica: String?, steps: [String]?,
    committed: @escaping @Sendable () -> Void
  ) {
    self.address = address
    self.replica = replica
    self.steps = steps
    self.committed = committed
  }

  /// Runs work in a transaction, and commits it.
  func write<Value>(_ work: (any Connection) throws -> Value) throws -> Value {
    try turn.withLock { _ in
      let session = try connected()
      let connection = PostgreSQLConnection(session: session)
      let value: Value
      do {
        // Sent with the first statement of the work, and so in one round trip.
        try session.run("BEGIN ISOLATION LEVEL READ COMMITTED")
        try session.run(Self.lock)
        value = try work(connection)
        // A failure of what is still on its way prevents the commit, which follows it.
        try connection.requireNoFailure()
      } catch {
        session.rollBack()
        throw error
      }
      try commit(session)
      if connection.hasChanges { committed() }
      return value
    }
  }

  /// Waits for a transaction that has begun, and ends the session.
  func close() {
    turn.withLock { _ in
      isClosed = true
      session = nil
    }
  }

  /// The number of this process among the writers; nil before the first session.
  ///
  /// It waits for no transaction.
  var writer: Int64? { sharedInstance.withLock(\.self) }

  /// How often the present session has waited for the server.
  var roundTrips: Int { turn.withLock { _ in session?.roundTrips ?? 0 } }

  /// Begins each transaction.
  static let lock: SQL = "SELECT 1 FROM journal WHERE id = 1 FOR UPDATE"
}

// MARK: Connecting

extension PostgreSQLWriter {
  /// The session; a new one where the last has ended.
  private func connected() throws -> PostgreSQLSession {
    guard !isClosed else {
      throw JournalError.closed(address.description, cause: CancellationError())
    }
    if let session, session.isAlive() { return session }
    session = nil
    let new = try connect(after: backend)
    backend = try new.backend()
    if instance == nil {
      let query: SQL = "INSERT INTO eventually_writers (commits) VALUES (0) RETURNING instance"
      instance = try new.rows(query).first?.value("instance")
    }
    session = new
    return new
  }

  /// A new session, which has the locks.
  ///
  /// - Parameter last: the last session of this process, which the server may still believe alive.
  private func connect(after last: PostgreSQLBackend?) throws -> PostgreSQLSession {
    let session = try PostgreSQLSession(to: address, settings: PostgreSQLSettings.writer)
    try PostgreSQLSettings.check(session)
    if let last { try session.end(last) }
    // For people, in the server's list of sessions, and in the refusals of other processes.
    let program = "eventually" + (replica.map { " replica \($0)" } ?? "")
    try session.run("SELECT set_config('application_name', \(program), false)")
    try session.whileNoMigrationRuns {
      try takeLocks(of: session)
      guard let steps else { return }
      try session.requireDesign(knownBy: steps)
      try session.takeLocks(ofSteps: steps)
    }
    return session
  }

  /// Takes the locks of a process that has the journal open, which end with the session: a journal
  /// has one process, or replicas that each have a name of their own.
  private func takeLocks(of session: PostgreSQLSession) throws {
    let journal = PostgreSQLSettings.journalLock
    guard let replica else {
      return try take(
        "SELECT pg_try_advisory_lock(\(journal), hashtext(current_schema())) AS taken",
        held: (journal, ""), of: session,
        remedy: """
          Stop the other daemon of this service, name another database, or, beside replicas, give this \
          one a name of its own.
          """)
    }
    try take(
      "SELECT pg_try_advisory_lock_shared(\(journal), hashtext(current_schema())) AS taken",
      held: (journal, ""), of: session,
      remedy: "Stop the daemon that has the journal alone, or start it as a replica.")
    let names = PostgreSQLSettings.replicaLock
    try take(
      """
      SELECT pg_try_advisory_lock(\(names),
      hashtext(CAST(current_schema() AS text) || CAST(\("/" + replica) AS text))) AS taken
      """, held: (names, "/" + replica), of: session,
      remedy: "Each replica needs a name of its own: \(replica) runs already.")
  }

  /// Takes one lock.
  ///
  /// - Parameters:
  ///   - query: tries to take it.
  ///   - lock: its first key, and what follows the schema in its second one.
  ///   - remedy: what is to be done where another session has it.
  private func take(
    _ query: SQL, held lock: (key: Int, suffix: String), of session: PostgreSQLSession,
    remedy: String
  ) throws {
    guard try session.rows(query).first?.value("taken") != true else { return }
    let holder = try session.holders(of: lock).first
    throw JournalError(
      .busy, summary: "\(session.name) is in use by \(holder ?? "another session")",
      remedy: """
        \(remedy) A session of a machine that is gone ends after a quarter of a minute.
        """)
  }
}

// MARK: Committing

extension PostgreSQLWriter {
  /// Commits the transaction.
  ///
  /// Each commit has a number, which it stores in this process's row: where the answer to it is
  /// lost with the connection, the next session reads there whether it has come to be.
  ///
  private func commit(_ session: PostgreSQLSession) throws {
    let warnings = session.warnings
    commits += 1
    do {
      try session.run(
        """
        INSERT INTO eventually_writers (instance, commits) VALUES (\(instance), \(commits))
        ON CONFLICT (instance) DO UPDATE SET commits = excluded.commits
        """)
      try session.run("COMMIT")
      let command = try session.settle()
      // A warning: the wait for a standby was cancelled, and a failover would lose the commit.
      guard command == "COMMIT", session.warnings == warnings else {
        throw JournalError.unknownResult(
          PostgreSQLFailure(connecting: "the server has committed with a warning"))
      }
    } catch let failure as JournalError where session.isLost {
      self.session = nil
      guard session.warnings == warnings else {
        throw JournalError.unknownResult(failure.beneath)
      }
      try findOutcome(after: failure)
    } catch {
      session.rollBack()
      throw error
    }
  }

  /// Finds the outcome of the last commit, whose answer was lost.
  ///
  /// It returns where the commit has come to be. The question is asked on another thread, so that
  /// a server that says nothing keeps this one no longer than ``CommitQuestion/patience``.
  ///
  /// - Throws: a ``JournalError`` that passes, where it has not; or one of an unknown outcome.
  private func findOutcome(after failure: JournalError) throws {
    let question = CommitQuestion(instance: instance, deadline: .now() + CommitQuestion.patience)
    let answer = Mutex<CommitQuestion.Answer?>(nil)
    let isAnswered = DispatchSemaphore(value: 0)
    let last = backend
    DispatchQueue.global().async {
      // Only what never changes is used of this writer.
      let found = question.ask { try self.connect(after: last) }
      answer.withLock { $0 = found }
      isAnswered.signal()
    }
    let isInTime = isAnswered.wait(timeout: question.deadline) == .success
    let found = isInTime ? answer.withLock(\.self) : nil
    if let found {
      session = found.session
      backend = try found.session.backend()
    }
    try LostAnswer(commit: commits, stored: found.map { $0.commits ?? 0 }, failure: failure)
      .requireStored()
  }
}
