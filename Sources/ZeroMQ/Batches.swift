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
