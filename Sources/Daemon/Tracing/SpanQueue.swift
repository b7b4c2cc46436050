import Synchronization

/// Work that has ended and is not exported yet.
enum RecordedWork: Sendable {
  case span(FinishedSpan)
  /// The span is made when it is exported, and not on the thread that commits.
  case event(EventRecord)
}

/// The work that waits for the export: at most 2,048 pieces.
///
/// To append never waits for anything but the lock: when the queue is full, the new work is dropped.
final class SpanQueue: Sendable {
  /// How many pieces of work wait at most.
  static let limit = 2048
  /// How many pieces of work are exported in one request.
  static let batch = 512

  private let waiting = Mutex<[RecordedWork]>([])
  /// Yields when a batch is full, or when ``wake()`` was called.
  let wakeUps: AsyncStream<Void>
  private let continuation: AsyncStream<Void>.Continuation

  init() {
    let (stream, continuation) = AsyncStream.makeStream(
      of: Void.self, bufferingPolicy: .bufferingNewest(1))
    wakeUps = stream
    self.continuation = continuation
  }

  /// Appends work.
  ///
  /// - Returns: the number of pieces that were dropped.
  func append(_ work: some Collection<RecordedWork>) -> Int {
    let (count, taken) = waiting.withLock { waiting in
      let taken = min(work.count, Self.limit - waiting.count)
      waiting.append(contentsOf: work.prefix(taken))
      return (waiting.count, taken)
    }
    if count >= Self.batch { wake() }
    return work.count - taken
  }

  /// Asks for an export now.
  func wake() { continuation.yield() }

  /// The oldest work.
  ///
  /// It stays in the queue until it is removed, so that nothing is lost when an export is given up.
  var next: [RecordedWork] {
    waiting.withLock { Array($0.prefix(Self.batch)) }
  }

  /// Removes the oldest work.
  func removeFirst(_ count: Int) {
    waiting.withLock { $0.removeFirst(count) }
  }

  /// The number of pieces of work.
  var count: Int { waiting.withLock { $0.count } }
}
