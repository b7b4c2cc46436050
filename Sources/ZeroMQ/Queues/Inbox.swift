import Synchronization

/// Receives a socket's messages from the poller, for any type of item for the consumer.
protocol MessageSink: Sendable {
  /// Takes one turn's messages. Returns whether the socket is to be left unread for now.
  func deliver(_ messages: [Message], bytes: Int) -> Bool
  /// Counts a message that is dropped because of its sender.
  func refuse(_ message: Message)
  /// Ends the consumer's iteration.
  func close()
}

/// The received messages of one socket on their way from the poller to the single consumer: one
/// lock, and one wake-up for a whole batch.
final class Inbox<Item: Sendable>: MessageSink {
  private typealias Waiter = CheckedContinuation<[Item]?, Never>

  private let state: Mutex<InboxState<Item, CheckedContinuation<[Item]?, Never>>>
  private let arrived = Mutex<(@Sendable () -> Void)?>(nil)
  private let line: Line
  private let read: @Sendable ([Message]) -> [Item]

  /// - Parameter read: Makes the consumer's items of a turn's messages. It runs on the poller.
  init(
    line: Line, settings: SocketSettings, read: @escaping @Sendable ([Message]) -> [Item]
  ) {
    self.line = line
    self.read = read
    state = Mutex(
      InboxState(messageLimit: settings.inboxMessages, byteLimit: settings.inboxBytes))
  }

  var counts: (received: UInt64, foreign: UInt64, foreignPeer: Peer?, peak: Int) {
    state.withLock { ($0.received, $0.foreign, $0.foreignPeer, $0.peak) }
  }

  func refuse(_ message: Message) {
    state.withLock { $0.refuse(message) }
  }

  func deliver(_ messages: [Message], bytes: Int) -> Bool {
    let items = read(messages)
    guard !items.isEmpty else { return false }
    switch state.withLock({ $0.deliver(items, bytes: bytes) }) {
    case .kept(let full, let isFirst):
      if isFirst, let arrived = arrived.withLock(\.self) { arrived() }
      return full
    case .refused: return false
    case .handed(let consumer):
      consumer.resume(returning: items)
      return false
    }
  }

  func close() {
    state.withLock { $0.close() }?.resume(returning: nil)
  }

  /// The next batch, or nil when the socket is closed or the task is cancelled.
  func next(isolation: isolated (any Actor)?) async -> [Item]? {
    await withTaskCancellationHandler {
      await withCheckedContinuation(isolation: isolation) { takeOrPark($0) }
    } onCancel: {
      state.withLock { $0.cancel() }?.resume(returning: nil)
    }
  }

  /// The items that wait, without waiting for one.
  func take(atMost limit: Int) -> [Item] {
    let taking = state.withLock { $0.take(atMost: limit) }
    guard case .batch(let items, let reopens) = taking else { return [] }
    if reopens { line.post(.reopen) }
    return items
  }

  func onArrival(_ arrived: (@Sendable () -> Void)?) {
    self.arrived.withLock { $0 = arrived }
    arrived?()
  }

  private func takeOrPark(_ consumer: Waiter) {
    let taking = state.withLock { state in
      // Under the lock, because a cancellation that comes later finds the parked consumer, and
      // one that came earlier is seen here.
      guard !Task.isCancelled else { return InboxState<Item, Waiter>.Taking.ended }
      let taking = state.take()
      if case .wait = taking { state.park(consumer) }
      return taking
    }
    switch taking {
    case .wait: break
    case .ended: consumer.resume(returning: nil)
    case .batch(let items, let reopens):
      if reopens { line.post(.reopen) }
      consumer.resume(returning: items)
    }
  }
}
