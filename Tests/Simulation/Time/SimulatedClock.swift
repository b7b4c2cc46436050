import Events
import Runtime
import Synchronization

/// The one clock of a run.
///
/// It is in a lock, because the runtime of services must be `Sendable`; no task ever waits for it.
final class SimulatedClock: Sendable {
  private let moment = Mutex<Moment>(0)

  var now: Moment { moment.withLock { $0 } }

  func advance(to next: Moment) {
    moment.withLock { $0 = max($0, next) }
  }
}

/// The clock and the randomness of one machine.
final class Machine: Sendable {
  /// The time of the wall clocks at the beginning.
  static let beginning: UInt64 = 1_800_000_000_000_000

  private let clock: SimulatedClock
  private let state: Mutex<(skew: Int64, random: Randomness)>

  init(_ clock: SimulatedClock, random: Randomness) {
    self.clock = clock
    state = Mutex((0, random))
  }

  var wallClock: UInt64 {
    let skew = state.withLock { $0.skew }
    return UInt64(Int64(Self.beginning + clock.now) + skew)
  }

  /// The wall clock is set by so many microseconds.
  func jump(by change: Int64) {
    state.withLock { $0.skew += change }
  }

  /// The wall clock is set forward where it is behind.
  func setForward(to wallClock: UInt64) {
    let behind = Int64(wallClock) - Int64(self.wallClock)
    if behind > 0 { jump(by: behind) }
  }

  func random() -> UInt64 {
    state.withLock { $0.random.next() }
  }

  var runtime: RuntimeContext {
    RuntimeContext(
      now: { Timestamp(microseconds: self.wallClock) },
      uptime: { .microseconds(Int64(self.clock.now)) },
      random: { self.random() })
  }
}
