import Courier

/// Decides when the service has started.
///
/// A stopped stream keeps the service from being ready. The supervisor does not wait for it: the
/// supervisor would kill the daemon in the end and restart it forever, where only an operator
/// helps.
struct ReadinessProcess: Process {
  enum Input: Sendable {
    case woke
    case looked(Readiness.State)
  }

  enum Action: Hashable, Sendable {
    /// Look at the readiness.
    case look
    /// Report to the supervisor and the log that the service has started. It is the last action.
    case announce(Readiness.State)
  }

  static let start = Input.woke
  static let wake = Input.woke

  /// The time between two looks.
  private static let interval = Duration.milliseconds(50)

  mutating func handle(_ input: Input, at now: Duration, random: () -> UInt64)
    -> [Effect<Input, Action>]
  {
    switch input {
    case .woke: [.perform(.look)]
    case .looked(let state):
      state.isStarted ? [.perform(.announce(state))] : [.wake(at: now + Self.interval)]
    }
  }
}
