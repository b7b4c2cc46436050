import Dispatch
import Events
import FoundationEssentials
public import Runtime

extension RuntimeContext {
  /// Those of this machine: the wall clock, the monotonic clock (`CLOCK_MONOTONIC`, which a
  /// suspended machine stops) and the system's randomness.
  public static let system = RuntimeContext(
    now: {
      Timestamp(microseconds: UInt64(max(0, Date().timeIntervalSince1970) * 1_000_000))
    },
    uptime: { .nanoseconds(Int64(clamping: DispatchTime.now().uptimeNanoseconds)) },
    random: {
      var generator = SystemRandomNumberGenerator()
      return generator.next()
    })
}
