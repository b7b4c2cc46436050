import Dispatch
import Synchronization

/// Many seeds, one after another in each of a few threads. Runs share nothing.
package final class Campaign: Sendable {
  /// The first seed that failed, and how.
  package typealias Failure = (seed: UInt64, violation: Violation)

  private struct State {
    var next: UInt64
    var done = 0
    var failure: Failure?
    var counts = Counts()
  }

  private let end: UInt64
  private let jobs: Int
  private let state: Mutex<State>

  /// So many seeds from the first one on.
  package init(from first: UInt64, seeds: Int, jobs: Int) {
    end = first + UInt64(seeds)
    self.jobs = jobs
    state = Mutex(State(next: first))
  }

  /// What was met in all runs together.
  package var counts: Counts { state.withLock { $0.counts } }

  /// How many seeds were run.
  package var done: Int { state.withLock { $0.done } }

  /// Runs until a seed fails, or all have been run; of several that fail, the lowest counts.
  package func run(_ show: (Int) -> Void) -> Failure? {
    let threads = DispatchGroup()
    for _ in 0..<jobs {
      DispatchQueue.global().async(group: threads) { self.work() }
    }
    while threads.wait(timeout: .now() + .milliseconds(200)) == .timedOut { show(done) }
    show(done)
    return state.withLock { $0.failure }
  }

  private func work() {
    while let seed = take() {
      let report = Simulation.run(Plan(seed: seed))
      state.withLock { state in
        state.done += 1
        state.counts.add(report.counts)
        guard let violation = report.violation else { return }
        if state.failure.map({ seed < $0.seed }) ?? true { state.failure = (seed, violation) }
      }
    }
  }

  private func take() -> UInt64? {
    state.withLock { state in
      guard state.failure == nil, state.next < end else { return nil }
      defer { state.next += 1 }
      return state.next
    }
  }
}
