package import Events
import Synchronization

/// The events of the last commits, in memory, for the publisher: what it publishes next need not be read
/// back.
///
/// It is bounded. What does not fit is left out, and the publisher reads it from the log.
package struct CommittedTail: Sendable {
  /// How much is kept.
  struct Limits {
    var events = 4096
    var bytes = 4 << 20
  }

  /// Events that follow one another; there may be others before them.
  package private(set) var records: [Record] = []
  /// The end of the log after the last commit; nil before the first.
  package private(set) var head: Head?
  private var bytes = 0
  private let limits: Limits

  init(limits: Limits = Limits()) {
    self.limits = limits
  }

  /// Adds the events of a commit.
  mutating func append(_ committed: [Record], head: Head) {
    self.head = head
    // Between two commits of this process may be those of another replica.
    if let last = records.last?.header.sequence, let next = committed.first?.header.sequence,
      next != last + 1
    {
      forget()
    }
    bytes += committed.reduce(0) { $0 + $1.size }
    records += committed
    if records.count > limits.events || bytes > limits.bytes { forget() }
  }

  /// The events so far, which are not kept any longer.
  mutating func take() -> CommittedTail {
    defer { forget() }
    return self
  }

  private mutating func forget() {
    records = []
    bytes = 0
  }
}

extension ServiceJournal {
  /// Keeps so many committed events in memory at most, for a simulation in which few events are many.
  package func keepCommitted(atMost events: Int) {
    state.withLock { $0.tail = CommittedTail(limits: CommittedTail.Limits(events: events)) }
  }

  /// The events that were committed since the last call, as far as they are kept in memory.
  package func takeCommitted() -> CommittedTail {
    state.withLock { $0.tail.take() }
  }
}
