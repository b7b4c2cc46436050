import Courier

/// Decides when something is looked at: at the start, and then once in each interval.
struct LookProcess: Process {
  enum Input: Sendable {
    case woke
  }

  enum Action: Hashable, Sendable {
    case look
  }

  static let start = Input.woke
  static let wake = Input.woke

  private let interval: Duration

  init(every interval: Duration) {
    self.interval = interval
  }

  mutating func handle(_ input: Input, at now: Duration, random: () -> UInt64)
    -> [Effect<Input, Action>]
  {
    [.wake(at: now + interval), .perform(.look)]
  }
}
