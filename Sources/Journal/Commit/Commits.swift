import Events
import Synchronization

extension ServiceJournal {
  /// The result of a commit.
  package struct Commit: Sendable {
    /// The state after it.
    let end: Transaction.Beginning
    /// The outcomes of events.
    package let outcomes: [EventOutcome]
    /// The events that were emitted.
    let records: [Record]
    /// The number of pieces of work that shared it; 0 where it only tested that writing is possible.
    package var members = 1
    /// The time of the transaction, until it was on disk.
    package var took = Duration.zero

    /// The end of the log.
    package var head: Head { end.head }
  }

  /// The commits from now on, in order.
  ///
  /// The registration ends when the sequence is dropped, or its iteration ends.
  ///
  /// - Parameter policy: which commits are kept for a reader that is slower than the writer.
  package func commits(
    buffering policy: AsyncStream<Commit>.Continuation.BufferingPolicy = .unbounded
  ) -> AsyncStream<Commit> {
    sequence(of: \.commitReaders, buffering: policy)
  }

  /// Calls a closure after each commit, on the thread that has committed, for a reader that does not wait.
  ///
  /// - Returns: the registration, which ends when it is dropped.
  package func onCommit(_ committed: @escaping @Sendable () -> Void) -> CommitRegistration {
    register { _ in committed() }
  }

  /// Calls a closure after each commit after which an event may be deferred, on the thread that has
  /// committed.
  ///
  /// - Returns: the registration, which ends when it is dropped.
  package func onPossibleDeferral(_ committed: @escaping @Sendable () -> Void) -> CommitRegistration
  {
    register { if $0.end.hasDeferred != false { committed() } }
  }

  private func register(_ take: @escaping @Sendable (Commit) -> Void) -> CommitRegistration {
    let id = state.withLock { $0.commitReaders.add(take) }
    return CommitRegistration { [weak self] in
      self?.state.withLock { $0.commitReaders.remove(id) }
    }
  }

  /// Calls a closure soon after each commit of another replica of the service.
  ///
  /// - Returns: the registration, which ends when it is dropped.
  package func onForeignCommit(_ committed: @escaping @Sendable () -> Void) -> CommitRegistration {
    let id = state.withLock { $0.foreignReaders.add { _ in committed() } }
    return CommitRegistration { [weak self] in
      self?.state.withLock { $0.foreignReaders.remove(id) }
    }
  }

  /// Another replica of the service has committed.
  func noticeForeignCommit() {
    state.withLock(\.foreignReaders).yield(())
  }

  /// The elements that the readers of a sequence get from now on.
  func sequence<Element: Sendable>(
    of readers: any WritableKeyPath<State, SequenceReaders<Element>> & Sendable,
    buffering policy: AsyncStream<Element>.Continuation.BufferingPolicy = .unbounded
  ) -> AsyncStream<Element> {
    AsyncStream(bufferingPolicy: policy) { continuation in
      let id = state.withLock { $0[keyPath: readers].add { continuation.yield($0) } }
      continuation.onTermination = { [weak self] _ in
        self?.state.withLock { $0[keyPath: readers].remove(id) }
      }
    }
  }
}

/// A reader of commits, until this is dropped.
package final class CommitRegistration: Sendable {
  private let end: @Sendable () -> Void

  init(_ end: @escaping @Sendable () -> Void) {
    self.end = end
  }

  deinit { end() }
}

/// The present readers of a sequence, in the order in which they came.
struct SequenceReaders<Element: Sendable>: Sendable {
  private var lastID = 0
  private var readers: [(id: Int, take: @Sendable (Element) -> Void)] = []

  mutating func add(_ take: @escaping @Sendable (Element) -> Void) -> Int {
    lastID += 1
    readers.append((lastID, take))
    return lastID
  }

  mutating func remove(_ id: Int) {
    readers.removeAll { $0.id == id }
  }

  var isEmpty: Bool { readers.isEmpty }

  /// Not under the journal's lock: a reader that ends takes it.
  func yield(_ element: Element) {
    for reader in readers { reader.take(element) }
  }
}
