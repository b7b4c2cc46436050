import CProcess
import CZeroMQ

/// Owns a libzmq context.
///
/// Every socket of it must be closed before it goes: terminating waits for them.
struct ContextHandle: ~Copyable {
  private let pointer: UnsafeMutableRawPointer

  init() throws(ZeroMQError) {
    // libzmq numbers the peers of a router from rand() on and aborts when a peer has claimed a number
    // before it comes up. It never seeds rand(), so every process would begin at the same number.
    cprocess_seed()
    guard let pointer = zmq_ctx_new() else { throw .last("open a context") }
    self.pointer = pointer
  }

  deinit {
    retryingInterrupts { zmq_ctx_term(pointer) }
  }

  borrowing func socket(_ type: Int32) throws(ZeroMQError) -> SocketHandle {
    guard let socket = zmq_socket(pointer, type) else { throw .last("open a socket") }
    return SocketHandle(owning: socket)
  }
}

/// Repeats a call that a signal interrupted, and returns its last result.
@discardableResult
func retryingInterrupts(_ call: () -> Int32) -> Int32 {
  while true {
    let result = call()
    guard result == -1, zmq_errno() == EINTR else { return result }
  }
}
