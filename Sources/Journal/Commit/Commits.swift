import Events
import Synchronization

extension ServiceJournal {
  /// The result of a commit.
  package struct Commit: Sendable {
    /// The end of the log.
    package let head: Head
    /// The outcomes of events.
    package let outcomes: [EventOutcome]
    /// The events that were emitted.
    let records: [Record]
  }

  /// Calls the observer after every commit, in the order of the commits, on the writer's thread.
  ///
  /// - Returns: the registration, which lasts until it is cancelled.
  @discardableResult
  package func observe(_ observer: @escaping @Sendable (Commit) -> Void) -> CommitObservation {
    let id = state.withLock { $0.observers.add(observer) }
    return CommitObservation { [weak self] in
      self?.state.withLock { $0.observers.remove(id) }
    }
  }

  /// The commits from now on, in order.
  ///
  /// The registration ends when the sequence is dropped, or its iteration ends.
  ///
  /// - Parameter policy: which commits are kept for a reader that is slower than the writer.
  package func commits(
    buffering policy: AsyncStream<Commit>.Continuation.BufferingPolicy = .unbounded
  ) -> AsyncStream<Commit> {
    AsyncStream(bufferingPolicy: policy) { continuation in
      let observation = observe { continuation.yield($0) }
      continuation.onTermination = { _ in observation.cancel() }
    }
  }
}

/// The registration of an observer of commits.
package struct CommitObservation: Sendable {
  private let end: @Sendable () -> Void

  init(_ end: @escaping @Sendable () -> Void) {
    self.end = end
  }

  /// Ends the registration: the observer is not called for later commits.
  package func cancel() {
    end()
  }
}

/// The observers of commits, in the order in which they came.
struct CommitObservers: Sendable {
  private var lastID = 0
  private var observers: [(id: Int, observe: @Sendable (ServiceJournal.Commit) -> Void)] = []

  mutating func add(_ observer: @escaping @Sendable (ServiceJournal.Commit) -> Void) -> Int {
    lastID += 1
    observers.append((lastID, observer))
    return lastID
  }

  mutating func remove(_ id: Int) {
    observers.removeAll { $0.id == id }
  }

  var isEmpty: Bool { observers.isEmpty }

  func callAsFunction(_ commit: ServiceJournal.Commit) {
    for observer in observers { observer.observe(commit) }
  }
}
