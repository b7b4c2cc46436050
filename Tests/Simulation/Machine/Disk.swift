import Journal
import Synchronization

/// A disk's effect on commits, as given to the store.
final class Disk: Sendable {
  private struct State {
    var isFull = false
    var failsAfter: Int?
    var commits = 0
    var refusal: Refusal?
  }

  /// The reason for which a commit did not happen.
  enum Refusal: Error {
    case full, killed
  }

  private let state = Mutex(State())

  var isFull: Bool {
    get { state.withLock { $0.isFull } }
    set { state.withLock { $0.isFull = newValue } }
  }

  /// The process is killed at the commit after so many.
  func kill(after commits: Int?) {
    state.withLock { $0.failsAfter = commits }
  }

  /// How many commits there were, and whether one was refused, since this was asked last.
  func report() -> (commits: Int, refusal: Refusal?) {
    state.withLock { state in
      defer { (state.commits, state.refusal) = (0, nil) }
      return (state.commits, state.refusal)
    }
  }

  /// Called just before each commit.
  func commit() throws {
    try state.withLock { state in
      if state.isFull { state.refusal = .full }
      if let left = state.failsAfter {
        state.failsAfter = left - 1
        if left <= 0 { state.refusal = .killed }
      }
      if state.refusal == .full { throw JournalError(.full, summary: "the disk is full") }
      if let refusal = state.refusal { throw refusal }
      state.commits += 1
    }
  }
}

/// A journal as it was at some moment, with what the checker knew of it then.
struct Snapshot {
  let at: Moment
  let store: MemoryStore
  let model: NodeModel
}
