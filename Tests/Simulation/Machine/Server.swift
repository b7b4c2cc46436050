import Journal
import Synchronization

/// The database server of a service's replicas: the journal's lock, and the sessions that write.
final class Server: Sendable {
  /// The fate of a commit whose answer is lost.
  enum Loss {
    case stored, notStored
    /// It is not stored, and the server does not say so in time.
    case unanswered
  }

  /// What a process has met in a transaction.
  enum Incident: Equatable {
    /// Another process holds the journal's lock.
    case locked
    /// The server has ended its session.
    case ended
    case lost(Loss)
  }

  private struct State {
    var writer = 0
    /// The process that holds the journal's lock, and stands still.
    var holder: Int?
    var ended: Set<Int> = []
    var loss: Loss?
    /// The number of the last commit that was tried, and that of the last one that has come to be.
    var commits: Int64 = 0
    var stored: Int64 = 0
    var incident: Incident?
  }

  private let state = Mutex(State())

  /// A process writes from now on.
  ///
  /// - Parameter loss: the fate of its next commit; nil where the answer comes.
  func write(as process: Int, losing loss: Loss? = nil) {
    state.withLock { state in
      state.writer = process
      state.loss = loss
    }
  }

  /// What was met since this was asked last.
  func report() -> Incident? {
    state.withLock { state in
      defer { state.incident = nil }
      return state.incident
    }
  }

  /// A process holds the journal's lock for longer than a commit takes.
  func lock(by process: Int) {
    state.withLock { $0.holder = process }
  }

  /// The transaction of a process is over.
  func unlock(by process: Int) {
    state.withLock { if $0.holder == process { $0.holder = nil } }
  }

  /// The server ends the session of a process that still holds the lock, as PostgreSQL does by
  /// `idle_in_transaction_session_timeout`.
  ///
  /// - Returns: whether it did hold it.
  func endSession(of process: Int) -> Bool {
    state.withLock { state in
      guard state.holder == process else { return false }
      state.holder = nil
      state.ended.insert(process)
      return true
    }
  }

  // MARK: A transaction

  func begin() throws {
    try state.withLock { state in
      if let holder = state.holder, holder != state.writer {
        state.incident = .locked
        throw JournalError(.busy, summary: "another session holds the journal's lock")
      }
      if state.ended.remove(state.writer) != nil {
        state.incident = .ended
        throw JournalError(.away, summary: "the server has ended the session")
      }
    }
  }

  func commit() throws {
    try state.withLock { state in
      state.commits += 1
      state.incident = state.loss.map { .lost($0) }
      if let loss = state.loss, loss != .stored {
        throw lostAnswer(state, stored: loss == .unanswered ? nil : state.stored)
      }
      state.stored = state.commits
    }
  }

  func answer() throws {
    try state.withLock { state in
      guard state.incident == .lost(.stored) else { return }
      throw lostAnswer(state, stored: state.stored)
    }
  }

  private func lostAnswer(_ state: State, stored: Int64?) -> LostAnswer {
    LostAnswer(
      commit: state.commits, stored: stored,
      failure: JournalError(.away, summary: "the server has ended the session"))
  }
}
