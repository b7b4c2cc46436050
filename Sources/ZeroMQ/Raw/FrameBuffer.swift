import CZeroMQ

/// Owns one `zmq_msg_t` at an address that stays, into which frame after frame is received.
struct FrameBuffer: ~Copyable {
  private let frame: UnsafeMutablePointer<zmq_msg_t>

  init() {
    frame = .allocate(capacity: 1)
    frame.initialize(to: zmq_msg_t())
    zmq_msg_init(frame)
  }

  deinit {
    zmq_msg_close(frame)
    frame.deallocate()
  }

  /// Receives one frame, whose bytes stay until the next one; without waiting by default.
  ///
  /// Returns nil when no frame waits.
  borrowing func receive(
    from socket: UnsafeMutableRawPointer, flags: Int32 = ZMQ_DONTWAIT
  ) -> (bytes: UnsafeRawBufferPointer, more: Bool)? {
    guard retryingInterrupts({ zmq_msg_recv(frame, socket, flags) }) >= 0 else { return nil }
    let bytes = UnsafeRawBufferPointer(start: zmq_msg_data(frame), count: zmq_msg_size(frame))
    return (bytes, zmq_msg_more(frame) != 0)
  }

  /// The process that sent the frame that was received last; nil where libzmq does not know it.
  borrowing func peer() -> Peer? {
    zmq_msg_gets(frame, "Peer-Address").flatMap(Peer.init(address:))
  }
}
