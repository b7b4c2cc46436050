import Events
import Synchronization

/// A failure that keeps a journal from writing or reading now, and passes by itself.
public struct Obstacle: Sendable {
  /// What is kept from being done.
  public enum Work: String, Hashable, Sendable {
    /// Nothing can be committed.
    case writing
    /// Nothing can be read.
    case reading
  }

  /// A change of an obstacle, for the log.
  public enum Change: Sendable {
    /// It was met.
    case met(Obstacle)
    /// It has passed.
    case passed(Obstacle, after: Duration)
  }

  /// What is kept from being done.
  public let work: Work
  /// The cause, and the remedy.
  public let error: JournalError
  /// When it was met, by the monotonic clock.
  let since: Duration
}

extension ServiceJournal {
  /// The obstacle to writing or reading now; nil while there is none.
  public var obstacle: Obstacle? {
    state.withLock { $0.obstacles[.writing] ?? $0.obstacles[.reading] }
  }

  /// Calls the observer when an obstacle is met, once, and when it has passed.
  public func observeObstacles(_ observer: @escaping @Sendable (Obstacle.Change) -> Void) {
    state.withLock { $0.obstacleObservers.append(observer) }
  }

  /// Remembers an obstacle, and calls the observer unless it is known.
  func met(_ error: JournalError, in work: Obstacle.Work) {
    let obstacle = Obstacle(work: work, error: error, since: surroundings.uptime())
    let observers = state.withLock { state in
      let known = state.obstacles[work]
      // The sentence may name another process now; when it began stays.
      state.obstacles[work] = Obstacle(
        work: work, error: error, since: known?.since ?? obstacle.since)
      return known?.error.code == error.code ? [] : state.obstacleObservers
    }
    for observer in observers { observer(.met(obstacle)) }
  }

  /// Something was done: the obstacle has passed.
  func passed(_ work: Obstacle.Work) {
    let now = surroundings.uptime()
    let (obstacle, observers) = state.withLock { state in
      guard let obstacle = state.obstacles.removeValue(forKey: work) else {
        return (nil, []) as (Obstacle?, [@Sendable (Obstacle.Change) -> Void])
      }
      return (obstacle, state.obstacleObservers)
    }
    guard let obstacle else { return }
    for observer in observers { observer(.passed(obstacle, after: now - obstacle.since)) }
  }
}
