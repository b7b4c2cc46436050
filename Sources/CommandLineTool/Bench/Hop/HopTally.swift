import Journal
import Synchronization

/// The latencies of the events that a consumer has received and committed.
final class HopTally: Sendable {
  /// The counts until now.
  struct Figures: Sendable {
    var received = LatencyHistogram()
    var committed = LatencyHistogram()
    /// `CLOCK_MONOTONIC` after the last commit.
    var endedAt: UInt64 = 0
  }

  private struct State {
    var figures = Figures()
    /// The time at which each event was published, by its sequence; 0 before it was received.
    var publishedAt: [UInt64]
    var applied = 0
  }

  /// Opens when the expected number of events is committed.
  let isComplete = Latch()
  private let expected: Int
  private let state: Mutex<State>

  init(expecting expected: Int) {
    self.expected = expected
    state = Mutex(State(publishedAt: Array(repeating: 0, count: expected + 1)))
  }

  var figures: Figures { state.withLock(\.figures) }
  var applied: Int { state.withLock(\.applied) }

  /// The reaction runs with an event; again, where its transaction is repeated.
  func receive(_ sequence: UInt64, publishedAt: UInt64) {
    let now = monotonicNanoseconds()
    state.withLock { state in
      guard sequence < state.publishedAt.count, state.publishedAt[Int(sequence)] == 0 else {
        return
      }
      state.publishedAt[Int(sequence)] = publishedAt
      state.figures.received.record((now - min(now, publishedAt)) / 1000)
    }
  }

  /// The transaction of these events is on disk.
  func commit(_ outcomes: [EventOutcome]) {
    let now = monotonicNanoseconds()
    let isComplete = state.withLock { state in
      for outcome in outcomes where outcome.kind == .applied {
        state.applied += 1
        guard outcome.sequence < state.publishedAt.count else { continue }
        let publishedAt = state.publishedAt[Int(outcome.sequence)]
        state.figures.committed.record((now - min(now, publishedAt)) / 1000)
      }
      if outcomes.contains(where: { $0.kind == .applied }) { state.figures.endedAt = now }
      return state.applied >= expected
    }
    if isComplete { self.isComplete.open() }
  }
}
