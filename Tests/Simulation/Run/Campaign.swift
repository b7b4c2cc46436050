import Dispatch
import Synchronization

/// Many seeds, one after another in each of a few threads; runs share nothing.
package final class Campaign: Sendable {
  /// The first seed that failed, and how.
  package typealias Failure = (seed: UInt64, violation: Violation)

  private struct State {
    var next: UInt64
    var done = 0
    var failures: [Failure] = []
    var counts = Counts()
  }

  private let end: UInt64
  private let jobs: Int
  private let goesOn: Bool
  private let state: Mutex<State>

  /// So many seeds from the first one on.
  ///
  /// - Parameter goesOn: whether it goes on after a seed that fails.
  package init(from first: UInt64, seeds: Int, jobs: Int, goesOn: Bool = false) {
    end = first + UInt64(seeds)
    self.goesOn = goesOn
    self.jobs = jobs
    state = Mutex(State(next: first))
  }

  /// The situations that were met in all runs together.
  package var counts: Counts { state.withLock { $0.counts } }

  /// How many seeds were run.
  package var done: Int { state.withLock { $0.done } }

  /// Runs until a seed fails, or all have been run.
  ///
  /// - Returns: the seeds that failed, the lowest first.
  package func run(_ show: (Int) -> Void = { _ in }) -> [Failure] {
    let threads = DispatchGroup()
    for _ in 0..<jobs {
      DispatchQueue.global().async(group: threads) { self.work() }
    }
    while threads.wait(timeout: .now() + .milliseconds(200)) == .timedOut { show(done) }
    show(done)
    return state.withLock { $0.failures.sorted { $0.seed < $1.seed } }
  }

  private func work() {
    while let seed = take() {
      let report = Simulation.run(Plan(seed: seed))
      state.withLock { state in
        state.done += 1
        state.counts.add(report.counts)
        if let violation = report.violation { state.failures.append((seed, violation)) }
      }
    }
  }

  private func take() -> UInt64? {
    state.withLock { state in
      guard goesOn || state.failures.isEmpty, state.next < end else { return nil }
      defer { state.next += 1 }
      return state.next
    }
  }
}
