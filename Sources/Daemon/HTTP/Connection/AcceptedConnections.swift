import NIOCore
import Synchronization

/// The connections that were accepted, and that no task serves yet.
///
/// None may be lost: the channel of one that is dropped ends the process (`NIOAsyncWriter`). A sequence
/// that ends, or whose task is cancelled, drops its elements, and so do the sequences of NIO's own
/// asynchronous listeners.
final class AcceptedConnections: Sendable {
  private let waiting = Mutex<[HTTPChannel.Value]>([])
  /// One element for any number of connections; it ends with ``stop()``.
  let arrivals: AsyncStream<Void>
  private let bell: AsyncStream<Void>.Continuation

  init() {
    (arrivals, bell) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  func append(_ connection: HTTPChannel.Value) {
    waiting.withLock { $0.append(connection) }
    bell.yield()
  }

  /// All connections since the last call.
  func takeAll() -> [HTTPChannel.Value] {
    waiting.withLock { waiting in
      defer { waiting = [] }
      return waiting
    }
  }

  /// Ends ``arrivals``; connections may still be appended.
  func stop() {
    bell.finish()
  }
}
