import CZeroMQ
import FoundationEssentials

/// Owns a libzmq socket, whose pointer never leaves this folder.
///
/// One thread uses it at a time: several threads share it by a lock, which is also the memory barrier
/// that libzmq asks for.
struct SocketHandle: ~Copyable, @unchecked Sendable {
  let pointer: UnsafeMutableRawPointer

  /// An event's three frames, and a routing identity.
  private static let usualFrames = 4

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
    for (index, frame) in message.frames.enumerated() {
      let flags = index == last ? ZMQ_DONTWAIT : ZMQ_DONTWAIT | ZMQ_SNDMORE
      // Only a first frame can meet a full queue. When a peer goes between two frames, libzmq takes
      // back the first ones, and the rest must not be sent as a message.
      guard send(frame, flags: flags) else { return false }
    }
    return true
  }

  private borrowing func send(_ frame: Data, flags: Int32) -> Bool {
    frame.withUnsafeBytes { bytes in
      retryingInterrupts { zmq_send(pointer, bytes.baseAddress, bytes.count, flags) } >= 0
    }
  }

  /// Receives without waiting.
  ///
  /// Answers nil when there is nothing.
  ///
  /// - Parameter identifies: Whether the message is to name its peer, which costs a look-up. The
  ///   last frame is asked: libzmq 4.3.4 knows no peer of a routing identity that a poll has found.
  /// - Parameter first: The first frame of the last message, a topic or a peer, which the next one
  ///   often has too.
  borrowing func receive(
    by frame: borrowing FrameBuffer, identifies: Bool, after first: inout Data
  ) -> Message? {
    guard var next = frame.receive(from: pointer, expecting: first) else { return nil }
    first = next.data
    var frames: [Data] = []
    frames.reserveCapacity(Self.usualFrames)
    frames.append(next.data)
    while next.more, let another = frame.receive(from: pointer) {
      frames.append(another.data)
      next = another
    }
    return Message(frames, from: identifies ? frame.peer() : nil)
  }
}
