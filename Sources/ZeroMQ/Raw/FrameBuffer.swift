import CZeroMQ
import FoundationEssentials
import Glibc

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
  ///
  /// - Parameter expected: bytes that the frame often has: they are not copied again.
  borrowing func receive(
    from socket: UnsafeMutableRawPointer, flags: Int32 = ZMQ_DONTWAIT,
    expecting expected: Data? = nil
  ) -> (data: Data, more: Bool)? {
    guard retryingInterrupts({ zmq_msg_recv(frame, socket, flags) }) >= 0 else { return nil }
    let more = zmq_msg_more(frame) != 0
    let count = zmq_msg_size(frame)
    guard let bytes = zmq_msg_data(frame) else { return (Data(), more) }
    if let expected, expected.count == count,
      expected.withUnsafeBytes({ known in
        known.baseAddress.map { memcmp($0, bytes, count) == 0 } ?? true
      })
    {
      return (expected, more)
    }
    return (Data(bytes: bytes, count: count), more)
  }

  /// The process that sent the frame that was received last; nil where libzmq does not know it.
  borrowing func peer() -> Peer? {
    zmq_msg_gets(frame, "Peer-Address").flatMap(Peer.init(address:))
  }
}
