import CZeroMQ
import Glibc

/// Runs something on a thread of its own, which ends with it; at once, where none can be made.
func startThread(_ work: @escaping @Sendable () -> Void) {
  let box = Unmanaged.passRetained(ThreadWork(work))
  var thread = pthread_t()
  let number = pthread_create(
    &thread, nil,
    { argument in
      guard let argument else { return nil }
      Unmanaged<ThreadWork>.fromOpaque(argument).takeRetainedValue().work()
      return nil
    }, box.toOpaque())
  if number == 0 { pthread_detach(thread) } else { box.takeRetainedValue().work() }
}

private final class ThreadWork: Sendable {
  let work: @Sendable () -> Void

  init(_ work: @escaping @Sendable () -> Void) {
    self.work = work
  }
}

/// Starts the thread that owns a poller from here on.
enum PollerThread {
  /// Gives the poller away: `sending` makes sure that the caller keeps nothing of it.
  ///
  /// - Returns: The thread, which is detached and valid until the poller has left.
  static func start(_ poller: sending Poller) throws(ZeroMQError) -> pthread_t {
    let owned = Unmanaged.passRetained(poller)
    var thread = pthread_t()
    let number = pthread_create(&thread, nil, main, owned.toOpaque())
    guard number == 0 else {
      owned.release()
      throw ZeroMQError(
        .other, operation: "start a thread", errno: number,
        reason: String(cString: strerror(number))
      )
    }
    pthread_detach(thread)
    return thread
  }

  private static let main: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
    argument in
    guard let argument else { return nil }
    czeromq_name_this_thread("zeromq")
    run(.fromOpaque(argument)).leave()
    return nil
  }

  /// Runs the poller and lets it go, so that its context is closed when this returns.
  private static func run(_ owned: Unmanaged<Poller>) -> CommandQueue {
    let poller = owned.takeRetainedValue()
    poller.run()
    return poller.commands
  }
}
