import CZeroMQ

/// Receives messages, frame after frame, into memory that it keeps for the next.
struct MessageReader: ~Copyable {
  /// What it keeps memory for at most, between two messages: a whole answer with a megabyte of events.
  private static let kept = (bytes: 2 << 20, frames: 4_096)

  private let frame = FrameBuffer()
  private var bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 4_096, alignment: 1)
  private var ends: [Int] = []

  deinit { bytes.deallocate() }

  /// Receives a message without waiting.
  ///
  /// Answers nil when there is nothing.
  ///
  /// - Parameter identifies: whether the message is to name its peer, which costs a look-up. The
  ///   last frame is asked: libzmq 4.3.4 knows no peer of a routing identity that a poll has found.
  mutating func receive(from socket: borrowing SocketHandle, identifies: Bool) -> Message? {
    defer { forget() }
    var end = 0
    while let next = frame.receive(from: socket.pointer) {
      makeRoom(for: next.bytes.count, after: end)
      bytes[end...].copyBytes(from: next.bytes)
      end += next.bytes.count
      ends.append(end)
      guard next.more else { break }
    }
    guard !ends.isEmpty else { return nil }
    let frames = Frames(of: UnsafeRawBufferPointer(rebasing: bytes[..<end]), ends: ends)
    return Message(frames, from: identifies ? frame.peer() : nil)
  }

  private mutating func forget() {
    ends.removeAll(keepingCapacity: ends.capacity <= Self.kept.frames)
    if bytes.count > Self.kept.bytes { resize(to: Self.kept.bytes, keeping: 0) }
  }

  private mutating func makeRoom(for count: Int, after end: Int) {
    guard bytes.count - end < count else { return }
    resize(to: max(end + count, 2 * bytes.count), keeping: end)
  }

  private mutating func resize(to size: Int, keeping kept: Int) {
    let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 1)
    larger.copyBytes(from: bytes[..<kept])
    bytes.deallocate()
    bytes = larger
  }
}
