import Events
import Runtime
import Synchronization

/// The stage at which a commit failed.
enum CommitStage {
  /// The transaction had not begun.
  case beginning
  /// Work was being done in it.
  case working
  /// It was being committed.
  case committing
}

/// The consequence of a failure in a commit: a value, the same for a daemon and a simulation.
enum CommitFailure {
  /// The work failed, and nothing else.
  case ofTheWork(any Error)
  /// It passes, and nothing was committed.
  case passes(JournalError)
  /// The journal was closed before the transaction began, and nothing was committed.
  case closed(JournalError)
  /// The state on disk is unknown, or an operator must act: the journal accepts no work any more.
  case ends(JournalError)

  /// - Parameters:
  ///   - error: the failure.
  ///   - stage: the stage at which it came.
  ///   - name: the name of a journal that is closed or is being closed; nil for an open one.
  init(_ error: any Error, at stage: CommitStage, whileClosing name: String? = nil) {
    let failure = JournalError.ofJournal(error)
    if stage == .beginning, let name {
      self = .closed(.closed(name, cause: error))
      return
    }
    switch (stage, failure) {
    case (.working, nil): self = .ofTheWork(error)
    case (.beginning, nil), (.committing, nil): self = .ends(.unknownResult(error))
    case (.beginning, let failure?), (.working, let failure?):
      self = failure.failureKind == .passes ? .passes(failure) : .ends(failure)
    case (.committing, let failure?):
      // Only these are known to have rolled back. After a failed sync the result is unknown.
      switch failure.code {
      case .busy, .away: self = .passes(failure)
      case .full where !failure.mayBeCommitted: self = .passes(failure)
      case .damaged, .unreachable: self = .ends(failure)
      default: self = .ends(.unknownResult(failure.beneath))
      }
    }
  }
}

extension ServiceJournal {
  /// Waits until a commit fails for good, which ends the daemon: the state in memory may differ
  /// from the state on disk, and only a new start can find out.
  public func failure() async -> JournalError? {
    let failures = sequence(of: \.failureReaders)
    if let known = state.withLock({ $0.failure }) { return known }
    return await failures.first { _ in true }
  }

  func fail(_ failure: JournalError) -> JournalError {
    let readers = state.withLock { state in
      state.failure = state.failure ?? failure
      return state.failureReaders
    }
    readers.yield(failure)
    return failure
  }
}
