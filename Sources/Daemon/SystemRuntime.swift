import Dispatch
import Events
import FoundationEssentials
import Glibc
public import Runtime
import Synchronization

extension RuntimeContext {
  /// Those of this machine: the wall clock, the monotonic clock (`CLOCK_MONOTONIC`, which a
  /// suspended machine stops), the one that it does not stop (`CLOCK_BOOTTIME`), and the system's
  /// randomness.
  public static let system = RuntimeContext(
    now: {
      Timestamp(microseconds: UInt64(max(0, Date().timeIntervalSince1970) * 1_000_000))
    },
    uptime: { .nanoseconds(Int64(clamping: DispatchTime.now().uptimeNanoseconds)) },
    elapsed: {
      var time = timespec()
      clock_gettime(CLOCK_BOOTTIME, &time)
      return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    },
    random: { randomNumbers.next() })

  private static let randomNumbers = RandomNumbers()
}

/// Random numbers of the system, as many as one call gives.
private final class RandomNumbers: Sendable {
  private let unused = Mutex<[UInt64]>([])

  func next() -> UInt64 {
    unused.withLock { unused in
      if unused.isEmpty { unused = Self.numbers() }
      return unused.removeLast()
    }
  }

  private static func numbers() -> [UInt64] {
    [UInt64](unsafeUninitializedCapacity: 32) { numbers, count in
      // It fails for more than 256 bytes, and where the kernel has no random numbers.
      guard getentropy(numbers.baseAddress, 256) == 0 else {
        fatalError("the system gives no random numbers: \(String(cString: strerror(errno)))")
      }
      count = 32
    }
  }
}
