import Glibc

/// Splits the output of a process into lines, chunk by chunk, and passes them on as bytes.
///
/// ```swift
/// var lines = LineSplitter()
/// lines.take(chunk) { output.line(prefix + $0) }
/// lines.finish { output.line(prefix + $0) }
/// ```
struct LineSplitter: Sendable {
  /// A longer line is passed on in pieces of this size, the greatest length of a daemon's line.
  static let maxBytes = 16 * 1024

  /// The beginning of a line whose end has not come yet.
  private var rest: [UInt8] = []

  /// Passes on each line that ends in this chunk, without its end.
  mutating func take(_ chunk: UnsafeRawBufferPointer, _ receive: (ArraySlice<UInt8>) -> Void) {
    var start = 0
    while start < chunk.count {
      let end = Self.endOfLine(chunk, from: start)
      add(chunk[start..<(end ?? chunk.count)], receive)
      guard let end else { return }
      receive(rest[...])
      rest.removeAll(keepingCapacity: true)
      start = end + 1
    }
  }

  /// Passes on the rest after the last end of line.
  mutating func finish(_ receive: (ArraySlice<UInt8>) -> Void) {
    if !rest.isEmpty { receive(rest[...]) }
    rest = []
  }

  private mutating func add(
    _ bytes: Slice<UnsafeRawBufferPointer>, _ receive: (ArraySlice<UInt8>) -> Void
  ) {
    var bytes = bytes
    while rest.count + bytes.count > Self.maxBytes {
      let room = Self.maxBytes - rest.count
      rest.append(contentsOf: bytes.prefix(room))
      bytes = bytes.dropFirst(room)
      receive(rest[...])
      rest.removeAll(keepingCapacity: true)
    }
    rest.append(contentsOf: bytes)
  }

  private static func endOfLine(_ chunk: UnsafeRawBufferPointer, from start: Int) -> Int? {
    guard let base = chunk.baseAddress,
      let found = memchr(base + start, Int32(UInt8(ascii: "\n")), chunk.count - start)
    else { return nil }
    return UnsafeRawPointer(found) - base
  }
}
