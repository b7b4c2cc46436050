import CZeroMQ
import Synchronization

/// Numbers the monitors of this process: libzmq frees an inproc name some time after its use.
private let monitors = Atomic<UInt64>(0)

/// Knows when libzmq has closed the listeners of a socket.
///
/// `zmq_close` returns at once and leaves the work to other threads. A bind to the
/// same tcp endpoint would fail until then, so a scope waits until libzmq reports it as closed.
/// `zmq_unbind` before closing is no way to it: it cuts the connections off in the middle of a
/// message, and libzmq 4.3.4 aborts when the peer then goes before the socket does.
struct ListenersClosing: ~Copyable {
  private let count: Int
  private let monitor: SocketHandle

  /// Prepares to wait for the socket, which is to be closed after this.
  init(
    count: Int, of socket: borrowing SocketHandle, in context: borrowing ContextHandle
  ) throws(ZeroMQError) {
    let number = monitors.wrappingAdd(1, ordering: .relaxed).newValue
    let address = "inproc://eventually-monitor-\(number)"
    let monitor = try context.socket(ZMQ_PAIR)
    // A limit, because the poller waits here. A listener takes microseconds to close.
    try monitor.set(ZMQ_RCVTIMEO, to: Int32(1_000))
    let events = ZMQ_EVENT_CLOSED | ZMQ_EVENT_CLOSE_FAILED
    guard zmq_socket_monitor(socket.pointer, address, events) == 0 else {
      throw .last("watch a socket")
    }
    try monitor.connect(address)
    self.count = count
    self.monitor = monitor
  }

  /// Returns when all listeners are closed.
  consuming func wait() {
    let frame = FrameBuffer()
    var left = count
    while left > 0, let next = frame.receive(from: monitor.pointer, flags: 0) {
      if !next.more { left -= 1 }
    }
  }
}
