import Events
package import Runtime

/// The time for the age of events: that of the clock, unless the clock is in doubt.
///
/// A clock that jumps ahead for a moment, for example a week, must not remove a week of events. It
/// is in doubt after a jump ahead, until it has continued from there for an hour of the monotonic
/// clock. At the start it is in doubt when it is further from the last commit than the age of
/// events that may be removed. While it is in doubt, ages are measured by the log's own time: the
/// last commit. A clock that is behind the log is used, since it removes less.
///
/// A machine that was suspended has such a jump, and prunes an hour later.
package struct PruningClock: Sendable {
  /// A jump ahead that is no correction of the clock.
  static let tolerance = Duration.seconds(60)
  /// The time for which a clock must continue from where it jumped to.
  static let proof = Duration.seconds(3600)

  private var age: Duration
  /// The offset of the clock to the monotonic clock, where it is trusted.
  private var believed: Duration?
  /// The doubted offset, and the beginning of the doubt by the monotonic clock.
  private var doubted: (offset: Duration, since: Duration)?

  /// - Parameter retention: the rule for which the time is meant.
  package init(_ retention: Retention) {
    age = retention.age
  }

  /// Goes by another rule from now on.
  package mutating func change(to retention: Retention) {
    age = retention.age
  }

  /// The time by which events are old now.
  ///
  /// - Parameters:
  ///   - clock: the time of the wall clock.
  ///   - lastCommit: the time of the log's last event.
  ///   - uptime: the monotonic clock.
  package mutating func time(
    clock: Timestamp, lastCommit: Timestamp, uptime: Duration
  ) -> Timestamp {
    let offset = clock.since(Timestamp(microseconds: 0)) - uptime
    if isBelievable(offset, silence: clock.since(lastCommit), at: uptime) {
      believed = offset
      doubted = nil
      return clock
    }
    return min(clock, lastCommit)
  }

  private mutating func isBelievable(
    _ offset: Duration, silence: Duration, at uptime: Duration
  ) -> Bool {
    if let believed {
      if offset <= believed + Self.tolerance { return true }
    } else if silence <= age {
      return true
    }
    guard let doubted, offset <= doubted.offset + Self.tolerance,
      offset >= doubted.offset - Self.tolerance
    else {
      doubted = (offset, uptime)
      return false
    }
    return uptime - doubted.since >= Self.proof
  }
}
