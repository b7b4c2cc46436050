import Events
import Runtime
import Synchronization

/// A failure that keeps a journal from writing or reading now, and passes by itself.
package struct Obstacle: Sendable {
  /// What is kept from being done.
  package enum Work: String, Hashable, Sendable {
    /// Nothing can be committed.
    case writing
    /// Nothing can be read.
    case reading
  }

  /// A change of an obstacle, for the log.
  package enum Change: Sendable {
    /// It was met.
    case met(Obstacle)
    /// It has passed.
    case passed(Obstacle, after: Duration)
  }

  /// What is kept from being done.
  package let work: Work
  /// The cause, and the remedy.
  package let error: JournalError
  /// When it was met, by the monotonic clock.
  let since: Duration
  /// The code that observers were told of since it was met; nil while they know nothing of it.
  var toldCode: JournalError.Code?

  /// How long an obstacle is not told again after it was told: a file on a bad sector is met and
  /// passed many times a second.
  static var quiet: Duration { .seconds(60) }

  /// What observers were told of, for not telling it again at once.
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
  /// One that is met again within a minute is told when that minute is over, if it is still there.
  package func observeObstacles(_ observer: @escaping @Sendable (Obstacle.Change) -> Void) {
    state.withLock { $0.obstacleObservers.append(observer) }
  }

  /// Remembers an obstacle, and calls the observer unless it was told already.
  func met(_ error: JournalError, in work: Obstacle.Work) {
    let now = runtime.uptime()
    let (obstacle, observers) = state.withLock { state in
      let known = state.obstacles[work]
      // The sentence may name another process now; when it began stays.
      var obstacle = Obstacle(
        work: work, error: error, since: known?.since ?? now, toldCode: known?.toldCode)
      let kind = Obstacle.Kind(work: work, code: error.code)
      let isQuiet = state.told[kind].map { now - $0 < Obstacle.quiet } ?? false
      let tells = obstacle.toldCode != error.code && !isQuiet
      if tells {
        obstacle.toldCode = error.code
        state.told[kind] = now
      }
      state.obstacles[work] = obstacle
      return (obstacle, tells ? state.obstacleObservers : [])
    }
    for observer in observers { observer(.met(obstacle)) }
  }

  /// Something was done: the obstacle has passed.
  func passed(_ work: Obstacle.Work) {
    let now = runtime.uptime()
    let (obstacle, observers) = state.withLock { state in
      guard let obstacle = state.obstacles.removeValue(forKey: work) else {
        return (nil, []) as (Obstacle?, [@Sendable (Obstacle.Change) -> Void])
      }
      return (obstacle, obstacle.toldCode == nil ? [] : state.obstacleObservers)
    }
    guard let obstacle else { return }
    for observer in observers { observer(.passed(obstacle, after: now - obstacle.since)) }
  }
}
