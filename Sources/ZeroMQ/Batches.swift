/// The received messages of a socket: batch after batch, each with everything that has arrived
/// since the last.
///
/// A batch is never empty. Iteration ends when the socket closes, and messages that were not taken are
/// dropped, or when the consuming task is cancelled. A socket has a single consumer: two tasks that
/// wait at the same time are a programming error. Without an iteration, the socket is read up to
/// the inbox's limits (``SocketSettings/inboxMessages``) and then left alone.
public struct Batches<Item: Sendable>: AsyncSequence, Sendable {
  /// A batch, in the order of arrival.
  public typealias Element = [Item]
  /// Receiving does not fail: it ends.
  public typealias Failure = Never

  let inbox: Inbox<Item>

  /// The iterator.
  ///
  /// All iterators of a socket take from the same inbox.
  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(inbox: inbox)
  }

  /// The next messages, without waiting; empty where none has arrived, and when the socket is closed.
  ///
  /// - Parameter limit: how many at most.
  public func take(atMost limit: Int = .max) -> [Item] { inbox.take(atMost: limit) }

  /// Calls `arrived` when something can be taken: at once, and whenever something arrives while nothing
  /// waits to be taken.
  ///
  /// For a consumer that waits for more than one source, and takes by ``take(atMost:)`` until nothing
  /// waits. The closing of the socket is not reported: its scope ends the consumer.
  ///
  /// - Parameter arrived: is called on the poller's thread, which it must not block; nil ends the calls.
  public func onArrival(_ arrived: (@Sendable () -> Void)?) { inbox.onArrival(arrived) }

  /// Takes batches from the socket's inbox.
  public struct AsyncIterator: AsyncIteratorProtocol {
    let inbox: Inbox<Item>

    /// The next batch, or nil when the socket is closed or the task is cancelled.
    public mutating func next() async -> [Item]? {
      await inbox.next(isolation: nil)
    }

    /// The next batch, or nil when the socket is closed or the task is cancelled.
    public mutating func next(isolation actor: isolated (any Actor)?) async -> [Item]? {
      await inbox.next(isolation: actor)
    }
  }
}
