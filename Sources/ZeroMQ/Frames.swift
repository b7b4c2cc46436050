public import FoundationEssentials
import Glibc

/// The frames of a message, which share one piece of memory.
///
/// A message is made on one thread and released on another, and the heap is slow at that: so it takes one
/// piece, and not two for each frame. A frame that is taken out is a copy, and keeps no memory of the others.
public struct Frames: Sendable, Equatable, RandomAccessCollection {
  /// The number of the frames; then as many words, each with the end of a frame, and the bytes of all.
  ///
  /// It is not written to once it is filled, so that threads may share it.
  private nonisolated(unsafe) let memory: ManagedBuffer<Int, Int>

  /// Copies these frames.
  init(_ frames: [Data]) {
    self.init(count: frames.count, byteCount: frames.reduce(0) { $0 + $1.count }) { ends, bytes in
      var end = 0
      for (index, frame) in frames.enumerated() {
        frame.withUnsafeBytes { bytes[end..<end + $0.count].copyBytes(from: $0) }
        end += frame.count
        ends[index] = end
      }
    }
  }

  /// Copies the frames of which all bytes, and the ends, are these.
  init(of all: UnsafeRawBufferPointer, ends: [Int]) {
    self.init(count: ends.count, byteCount: all.count) {
      _ = $0.update(fromContentsOf: ends)
      $1.copyBytes(from: all)
    }
  }

  private init(
    count: Int, byteCount: Int,
    filledBy fill: (_ ends: UnsafeMutableBufferPointer<Int>, _ bytes: UnsafeMutableRawBufferPointer)
      -> Void
  ) {
    let word = MemoryLayout<Int>.size
    memory = .create(minimumCapacity: count + (byteCount + word - 1) / word) { _ in count }
    memory.withUnsafeMutablePointerToElements {
      fill(
        UnsafeMutableBufferPointer(start: $0, count: count),
        UnsafeMutableRawBufferPointer(start: $0 + count, count: byteCount))
    }
  }

  /// 0.
  public var startIndex: Int { 0 }
  /// The number of frames.
  public var endIndex: Int { memory.header }

  /// The bytes of all frames together, without the transport's framing.
  public var byteCount: Int { end(of: count) }

  /// Copies a frame, which may be empty.
  public subscript(position: Int) -> Data {
    withUnsafeBytes(of: position) { Data($0) }
  }

  /// Calls `body` with the bytes of a frame, which are valid until it returns.
  public func withUnsafeBytes<Result, Failure: Error>(
    of position: Int, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(indices.contains(position), "a message has no frame \(position)")
    let range = end(of: position)..<end(of: position + 1)
    return try memory.withUnsafeMutablePointerToElements { words throws(Failure) in
      let bytes = UnsafeRawBufferPointer(start: words + memory.header, count: range.upperBound)
      return try body(UnsafeRawBufferPointer(rebasing: bytes[range]))
    }
  }

  /// The offset at which the first `count` frames end.
  private func end(of count: Int) -> Int {
    count == 0 ? 0 : memory.withUnsafeMutablePointerToElements { $0[count - 1] }
  }

  /// Whether they are the same frames, byte by byte.
  public static func == (first: Frames, second: Frames) -> Bool {
    guard first.count == second.count, first.byteCount == second.byteCount else { return false }
    let size = first.count * MemoryLayout<Int>.size + first.byteCount
    return first.memory.withUnsafeMutablePointerToElements { first in
      second.memory.withUnsafeMutablePointerToElements { memcmp(first, $0, size) == 0 }
    }
  }
}
