import CZeroMQ
import FoundationEssentials

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

  /// Receives one frame, without waiting by default.
  ///
  /// Returns nil when no frame waits.
  borrowing func receive(
    from socket: UnsafeMutableRawPointer, flags: Int32 = ZMQ_DONTWAIT
  ) -> (data: Data, more: Bool)? {
    guard retryingInterrupts({ zmq_msg_recv(frame, socket, flags) }) >= 0 else { return nil }
    let count = zmq_msg_size(frame)
    let data = zmq_msg_data(frame).map { Data(bytes: $0, count: count) } ?? Data()
    return (data, zmq_msg_more(frame) != 0)
  }

  /// The process that sent the frame that was received last; nil where libzmq does not know it.
  borrowing func peer() -> Peer? {
    zmq_msg_gets(frame, "Peer-Address").flatMap(Peer.init(address:))
  }
}
