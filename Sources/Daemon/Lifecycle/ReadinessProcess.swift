import Courier

/// Decides when the service has started.
///
/// A stopped stream keeps the service from being ready. The supervisor does not wait for it: the
/// supervisor would kill the daemon in the end and restart it forever, where only an operator
/// helps.
struct ReadinessProcess: Process {
  enum Input: Sendable {
    case woke
    /// The readiness, and the number of events of other streams that are applied.
    case looked(Readiness.State, applied: UInt64)
  }

  enum Action: Hashable, Sendable {
    /// Look at the readiness.
    case look
    /// Ask the supervisor for more time: the start catches up.
    case askForTime(Readiness.State)
    /// Report to the supervisor and the log that the service has started. It is the last action.
    case announce(Readiness.State)
  }

  static let start = Input.woke
  static let wake = Input.woke

  /// The time between two looks.
  private static let interval = Duration.milliseconds(50)
  /// The least time between two requests for time.
  private static let pause = Duration.seconds(5)

  /// The last request for time, and the number of events that were applied then.
  private var asked: (at: Duration, applied: UInt64)?

  mutating func handle(_ input: Input, at now: Duration, random: () -> UInt64)
    -> [Effect<Input, Action>]
  {
    switch input {
    case .woke: [.perform(.look)]
    case .looked(let state, let applied):
      state.isStarted
        ? [.perform(.announce(state))]
        : [.wake(at: now + Self.interval)] + askForTime(state, applied: applied, at: now)
    }
  }

  /// Asks at the beginning, and again as long as more events are applied.
  private mutating func askForTime(
    _ state: Readiness.State, applied: UInt64, at now: Duration
  ) -> [Effect<Input, Action>] {
    if let asked, asked.applied == applied || now - asked.at < Self.pause { return [] }
    asked = (now, applied)
    return [.perform(.askForTime(state))]
  }
}
