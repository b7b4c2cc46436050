/// Lines that wait to be written, with a limit: lines that the descriptor does not take are dropped
/// and counted, and a line in their place has their number.
///
/// Pure: it performs no I/O. It returns chunks, each for one `write`, and takes the result of each.
///
/// ```swift
/// var buffer = LineBuffer { Array("\($0) lines were dropped\n".utf8) }
/// buffer.append(line)
/// while let chunk = buffer.take() {
///   buffer.finish(wasWritten: write(chunk))
/// }
/// ```
struct LineBuffer {
  /// The bytes that may wait: some seconds of a busy daemon, and little of its memory.
  static let maxBytes = 1 << 20
  /// The lines that may wait: as many short ones as ``maxBytes`` holds of 128 bytes.
  static let maxLines = 8192
  /// The reserve for the last lines of a process, with the reason of its end: four lines of the
  /// greatest length.
  static let urgentBytes = 64 * 1024
  /// Whole lines are written together up to this size, PIPE_BUF.
  ///
  /// The kernel does not mix writes of this size from several processes on one pipe. A longer line
  /// is a chunk of its own.
  static let chunkBytes = 4096

  private struct Chunk {
    var bytes: [UInt8] = []
    var lines = 0
    /// The number of dropped lines that its text reports.
    var counted = 0
  }

  private let notice: @Sendable (Int) -> [UInt8]
  private var waiting: [Chunk] = []
  /// The number of chunks at the beginning of `waiting` that were taken already.
  private var taken = 0
  private var inFlight: Chunk?
  private var byteCount = 0
  private var lineCount = 0
  /// Dropped and not reported yet.
  private var unreported = 0
  private var isFull = false
  private var hasFailed = false
  /// The number of all dropped lines.
  private(set) var dropped = 0

  /// - Parameter notice: the line, with its end, that reports how many lines were dropped.
  init(notice: @escaping @Sendable (Int) -> [UInt8]) {
    self.notice = notice
  }

  /// Whether everything was written or dropped.
  var isEmpty: Bool { taken == waiting.count && inFlight == nil }

  /// Takes a line with its end; drops it where there is no room.
  ///
  /// - Parameter isUrgent: whether it may use the reserve.
  mutating func append(_ line: some Collection<UInt8>, isUrgent: Bool = false) {
    guard hasRoom(line.count, isUrgent: isUrgent) else {
      isFull = true
      drop(1)
      return
    }
    reportDropped()
    add(line, counted: 0)
  }

  /// The next bytes to write, whole lines; nil when no line waits.
  ///
  /// ``finish(wasWritten:)`` comes before the next one.
  mutating func take() -> [UInt8]? {
    if isFull, byteCount <= Self.maxBytes / 2, lineCount <= Self.maxLines / 2 { isFull = false }
    // After a failure the count waits for the next line, or a dead descriptor would be tried again
    // and again.
    if !isFull, !hasFailed { reportDropped() }
    guard taken < waiting.count else { return nil }
    let chunk = waiting[taken]
    waiting[taken] = Chunk()
    taken += 1
    if taken == waiting.count || taken == 64 {
      waiting.removeFirst(taken)
      taken = 0
    }
    inFlight = chunk
    return chunk.bytes
  }

  /// Takes the result of the last chunk; lines that were not written are dropped.
  mutating func finish(wasWritten: Bool) {
    guard let chunk = inFlight else { return }
    inFlight = nil
    byteCount -= chunk.bytes.count
    lineCount -= chunk.lines
    hasFailed = !wasWritten
    guard !wasWritten else { return }
    drop(chunk.lines)
    unreported += chunk.counted
  }

  private func hasRoom(_ count: Int, isUrgent: Bool) -> Bool {
    if isUrgent { return byteCount + count <= Self.maxBytes + Self.urgentBytes }
    return !isFull && byteCount + count <= Self.maxBytes && lineCount < Self.maxLines
  }

  private mutating func drop(_ lines: Int) {
    dropped += lines
    unreported += lines
  }

  private mutating func reportDropped() {
    guard unreported > 0 else { return }
    add(notice(unreported), counted: unreported)
    unreported = 0
  }

  /// The line about dropped lines is not counted when it is dropped itself.
  private mutating func add(_ line: some Collection<UInt8>, counted: Int) {
    if taken == waiting.count
      || waiting[waiting.count - 1].bytes.count + line.count > Self.chunkBytes
    {
      waiting.append(Chunk())
    }
    let last = waiting.count - 1
    waiting[last].bytes.append(contentsOf: line)
    waiting[last].lines += counted > 0 ? 0 : 1
    waiting[last].counted += counted
    byteCount += line.count
    lineCount += counted > 0 ? 0 : 1
  }
}
