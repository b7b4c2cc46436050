import CZeroMQ
import Glibc

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
  private static func run(_ owned: Unmanaged<Poller>) -> Mailbox {
    let poller = owned.takeRetainedValue()
    poller.run()
    return poller.mailbox
  }
}
