import CZeroMQ
import Glibc

/// Owns the eventfd by which any thread wakes the one that polls.
struct WakeUp: ~Copyable, Sendable {
  let descriptor: Int32

  init() throws(ZeroMQError) {
    descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    guard descriptor >= 0 else { throw .last("open an eventfd") }
  }

  deinit {
    close(descriptor)
  }

  /// Makes the descriptor readable.
  ///
  /// It cannot fail but by a signal: the counter never fills.
  borrowing func signal() {
    var one: UInt64 = 1
    retryingInterrupts { write(descriptor, &one, 8) == 8 ? 0 : -1 }
  }

  /// Makes the descriptor unreadable again.
  borrowing func clear() {
    var count: UInt64 = 0
    retryingInterrupts { read(descriptor, &count, 8) == 8 ? 0 : -1 }
  }
}
