import Dispatch
import Glibc
import Runtime

/// Asks for the number of the last commit of a process that has come to be.
struct CommitQuestion: Sendable {
  let instance: Int64?
  let deadline: DispatchTime

  /// The time for the answer, in which a server restarts; a watchdog waits longer.
  static let patience = DispatchTimeInterval.seconds(10)
  /// The pause between two attempts, in milliseconds.
  private static let pause: Int32 = 250

  struct Answer: Sendable {
    /// The session that has answered.
    let session: PostgreSQLSession
    let commits: Int64?
  }

  /// - Returns: nil where there was no answer in time, or none is to be expected.
  func ask(_ connect: () throws -> PostgreSQLSession) -> Answer? {
    while .now() < deadline {
      do {
        return try ask(connect())
      } catch let error as JournalError where error.failureKind == .passes {
        poll(nil, 0, Self.pause)
      } catch {
        return nil
      }
    }
    return nil
  }

  /// - Returns: nil where the wait for a standby was cancelled.
  private func ask(_ session: PostgreSQLSession) throws -> Answer? {
    let warnings = session.warnings
    do {
      // The transaction of the lost session holds the row's lock until it has ended.
      try session.run("BEGIN ISOLATION LEVEL READ COMMITTED")
      try session.run(PostgreSQLWriter.lock)
      let row = try session.rows(
        "SELECT commits FROM eventually_writers WHERE instance = \(instance)"
      ).first
      let commits: Int64? = try row?.value("commits")
      // With this commit all before it are on the disks of the server and of its standby: that of the
      // lost session may have been cancelled while it waited for the standby.
      try session.run(
        "UPDATE eventually_writers SET commits = commits WHERE instance = \(instance)")
      try session.run("COMMIT")
      guard try session.settle() == "COMMIT", session.warnings == warnings else { return nil }
      return Answer(session: session, commits: commits)
    } catch {
      session.rollBack()
      throw error
    }
  }
}
