import CZeroMQ
import FoundationEssentials

/// Owns a libzmq socket, whose pointer never leaves this folder.
///
/// One thread uses it at a time: several threads share it by a lock, which is also the memory barrier
/// that libzmq asks for.
struct SocketHandle: ~Copyable, @unchecked Sendable {
  let pointer: UnsafeMutableRawPointer

  init(owning pointer: UnsafeMutableRawPointer) {
    self.pointer = pointer
  }

  deinit {
    retryingInterrupts { zmq_close(pointer) }
  }

  borrowing func set<Value: FixedWidthInteger>(
    _ option: Int32, to value: Value
  ) throws(ZeroMQError) {
    let result = withUnsafeBytes(of: value) {
      zmq_setsockopt(pointer, option, $0.baseAddress, $0.count)
    }
    guard result == 0 else { throw .last("set option \(option) of a socket") }
  }

  borrowing func set(_ option: Int32, to value: Data) throws(ZeroMQError) {
    let result = value.withUnsafeBytes {
      zmq_setsockopt(pointer, option, $0.baseAddress, $0.count)
    }
    guard result == 0 else { throw .last("set option \(option) of a socket") }
  }

  private borrowing func value(of option: Int32) -> Int32 {
    var value: Int32 = 0
    var size = MemoryLayout<Int32>.size
    retryingInterrupts { zmq_getsockopt(pointer, option, &value, &size) }
    return value
  }

  /// Becomes readable when something has happened, until the socket is used in any way: who has used it asks
  /// for its ``readiness``.
  var descriptor: Int32 { value(of: ZMQ_FD) }

  /// What can be done now without waiting.
  var readiness: (receive: Bool, send: Bool) {
    let events = value(of: ZMQ_EVENTS)
    return (events & ZMQ_POLLIN != 0, events & ZMQ_POLLOUT != 0)
  }

  /// Binds, and answers the endpoint with wildcards filled in.
  borrowing func bind(_ endpoint: String) throws(ZeroMQError) -> String {
    try Endpoint.check(endpoint, for: "bind")
    let result = retryingInterrupts { zmq_bind(pointer, endpoint) }
    guard result == 0 else { throw .last("bind", endpoint: endpoint) }
    return lastEndpoint() ?? endpoint
  }

  /// Unbinds an inproc name, at once.
  ///
  /// It does nothing for other transports: see ``ListenersClosing``.
  borrowing func unbind(_ endpoint: String) {
    zmq_unbind(pointer, endpoint)
  }

  borrowing func connect(_ endpoint: String) throws(ZeroMQError) {
    try Endpoint.check(endpoint, for: "connect to")
    let result = retryingInterrupts { zmq_connect(pointer, endpoint) }
    guard result == 0 else { throw .last("connect to", endpoint: endpoint) }
  }

  private borrowing func lastEndpoint() -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1_024) { buffer in
      var size = buffer.count
      let result = zmq_getsockopt(pointer, ZMQ_LAST_ENDPOINT, buffer.baseAddress, &size)
      return result == 0 ? buffer.baseAddress.map { String(cString: $0) } : nil
    }
  }

  /// Sends without waiting, whole or not at all.
  ///
  /// Answers false when libzmq did not take it.
  borrowing func send(_ message: Message) -> Bool {
    guard let last = message.frames.indices.last else { return false }
    for index in message.frames.indices {
      let flags = index == last ? ZMQ_DONTWAIT : ZMQ_DONTWAIT | ZMQ_SNDMORE
      let result = message.frames.withUnsafeBytes(of: index) { bytes in
        retryingInterrupts { zmq_send(pointer, bytes.baseAddress, bytes.count, flags) }
      }
      // Only a first frame can meet a full queue. When a peer goes between two frames, libzmq takes
      // back the first ones, and the rest must not be sent as a message.
      guard result >= 0 else { return false }
    }
    return true
  }
}
