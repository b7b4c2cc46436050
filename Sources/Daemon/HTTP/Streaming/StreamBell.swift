import Synchronization

/// Wakes a stream, from any thread and without waiting for it: commits, its end, and the time.
///
/// However often it rings while the stream is busy, the stream wakes once.
final class StreamBell: Sendable {
  private struct News {
    var isCommitted = false
    var end: StreamProcess.End?
  }

  private let news = Mutex(News())
  /// One element for any number of rings.
  let rings: AsyncStream<Void>
  private let continuation: AsyncStream<Void>.Continuation

  init() {
    (rings, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// The time has come for which the stream waits.
  func ring() {
    continuation.yield()
  }

  /// The journal has committed; it rings once before the next read.
  func committed() {
    let isFirst = news.withLock { news in
      defer { news.isCommitted = true }
      return !news.isCommitted
    }
    if isFirst { ring() }
  }

  /// What was committed so far is read next.
  func read() {
    news.withLock { $0.isCommitted = false }
  }

  /// The stream is to end.
  func stop(_ end: StreamProcess.End) {
    news.withLock { $0.end = $0.end ?? end }
    ring()
  }

  /// Gives the news since the last read to the process.
  func tell(_ process: inout StreamProcess) {
    let news = news.withLock(\.self)
    if news.isCommitted { process.committed() }
    if let end = news.end { process.stop(end) }
  }
}
