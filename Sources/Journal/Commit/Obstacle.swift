import Events
import Runtime
import Synchronization

/// A failure that prevents a journal from writing or reading now, and passes.
package struct Obstacle: Sendable {
  /// The prevented work.
  package enum Work: String, Hashable, Sendable {
    /// No commit is possible.
    case writing
    /// No read is possible.
    case reading
  }

  /// A change of an obstacle, for the log.
  package enum Change: Sendable {
    /// It was met.
    case met(Obstacle)
    /// It has passed.
    case passed(Obstacle, after: Duration)
  }

  /// The prevented work.
  package let work: Work
  /// The cause, and the remedy.
  package let error: JournalError
  /// The time at which it was met, by the monotonic clock.
  let since: Duration
  /// The code of the last report to observers since it was met; nil before a report.
  var reportedCode: JournalError.Code?

  /// The time after a report in which an obstacle is not reported again: a file on a bad sector is
  /// met and passed many times a second.
  static var quiet: Duration { .seconds(60) }

  /// The kind of a reported obstacle, for the pause between two reports.
  struct Kind: Hashable {
    let work: Work
    let code: JournalError.Code
  }
}

extension ServiceJournal {
  /// The obstacle to writing or reading now; nil while there is none.
  package var obstacle: Obstacle? {
    state.withLock { $0.obstacles[.writing] ?? $0.obstacles[.reading] }
  }

  /// Calls the observer when an obstacle is met, once, and when it has passed.
  ///
  /// An obstacle that is met again within a minute is reported at the end of that minute, if it
  /// still exists.
  package func observeObstacles(_ observer: @escaping @Sendable (Obstacle.Change) -> Void) {
    state.withLock { $0.obstacleObservers.append(observer) }
  }

  /// Records an obstacle, and calls the observer unless it was reported already.
  func met(_ error: JournalError, in work: Obstacle.Work) {
    let now = runtime.uptime()
    let (obstacle, observers) = state.withLock { state in
      let known = state.obstacles[work]
      // The sentence may name another process now; the time of the beginning stays.
      var obstacle = Obstacle(
        work: work, error: error, since: known?.since ?? now, reportedCode: known?.reportedCode)
      let kind = Obstacle.Kind(work: work, code: error.code)
      let isQuiet = state.reportedObstacles[kind].map { now - $0 < Obstacle.quiet } ?? false
      let isReported = obstacle.reportedCode != error.code && !isQuiet
      if isReported {
        obstacle.reportedCode = error.code
        state.reportedObstacles[kind] = now
      }
      state.obstacles[work] = obstacle
      return (obstacle, isReported ? state.obstacleObservers : [])
    }
    for observer in observers { observer(.met(obstacle)) }
  }

  /// Work succeeded: the obstacle has passed.
  func passed(_ work: Obstacle.Work) {
    let now = runtime.uptime()
    let (obstacle, observers) = state.withLock { state in
      guard let obstacle = state.obstacles.removeValue(forKey: work) else {
        return (nil, []) as (Obstacle?, [@Sendable (Obstacle.Change) -> Void])
      }
      return (obstacle, obstacle.reportedCode == nil ? [] : state.obstacleObservers)
    }
    guard let obstacle else { return }
    for observer in observers { observer(.passed(obstacle, after: now - obstacle.since)) }
  }
}
