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
  /// The code of the last report since it was met; nil before a report.
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

  /// The changes of obstacles from now on: one when an obstacle is met, and one when it has passed.
  ///
  /// An obstacle that is met again within a minute is reported at the end of that minute, if it
  /// still exists. The registration ends as that of ``commits(buffering:)`` does.
  package func obstacles() -> AsyncStream<Obstacle.Change> {
    sequence(of: \.obstacleReaders)
  }

  /// Records an obstacle, and reports it unless it was reported already.
  func met(_ error: JournalError, in work: Obstacle.Work) {
    let now = runtime.uptime()
    let report = state.withLock { state -> Report? in
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
      return isReported ? Report(readers: state.obstacleReaders, change: .met(obstacle)) : nil
    }
    report?.send()
  }

  /// Work succeeded: the obstacle has passed.
  func passed(_ work: Obstacle.Work) {
    let now = runtime.uptime()
    let report = state.withLock { state -> Report? in
      guard let obstacle = state.obstacles.removeValue(forKey: work),
        obstacle.reportedCode != nil
      else { return nil }
      return Report(
        readers: state.obstacleReaders, change: .passed(obstacle, after: now - obstacle.since))
    }
    report?.send()
  }

  /// A change, and those that get it.
  private struct Report {
    let readers: SequenceReaders<Obstacle.Change>
    let change: Obstacle.Change

    func send() {
      readers.yield(change)
    }
  }
}
