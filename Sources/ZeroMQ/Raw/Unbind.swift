import CZeroMQ

extension SocketHandle {
  /// Unbinds, and returns when the listener is really closed; does nothing where none is.
  ///
  /// libzmq closes a listener in its I/O thread, and an ipc listener then unlinks its path. Whoever
  /// binds the path again before that loses the new socket to the old one's unlink, so this waits
  /// for libzmq's own word that it is done.
  borrowing func unbind(_ endpoint: String, in context: borrowing ContextHandle)
    throws(ZeroMQError)
  {
    guard Endpoint.hasListener(endpoint) else {
      zmq_unbind(pointer, endpoint)
      return
    }
    let address = "inproc://eventually-unbind-\(UInt(bitPattern: pointer))"
    let monitor = try context.socket(ZMQ_PAIR)
    try monitor.set(ZMQ_LINGER, to: Int32(0))
    // A limit, because the poller waits here. A listener takes microseconds to close.
    try monitor.set(ZMQ_RCVTIMEO, to: Int32(1_000))
    let events = ZMQ_EVENT_CLOSED | ZMQ_EVENT_CLOSE_FAILED
    guard zmq_socket_monitor(pointer, address, events) == 0 else {
      throw .last("watch", endpoint)
    }
    defer { zmq_socket_monitor(pointer, nil, 0) }
    try monitor.connect(address)
    guard zmq_unbind(pointer, endpoint) == 0 else { return }
    monitor.awaitEvent()
  }

  private borrowing func awaitEvent() {
    let frame = FrameBuffer()
    while let next = frame.receive(from: pointer, flags: 0), next.more {}
  }
}
