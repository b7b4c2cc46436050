import Synchronization

/// The outgoing messages of one socket on their way from any task to libzmq.
///
/// Past its limits a sender is suspended, so memory is bounded and nothing is dropped here.
final class Outbox: Sendable {
  private typealias Waiter = CheckedContinuation<Void, any Error>

  /// What a sender sends itself at most, in frames and bytes: more is sent by the poller, beside what the
  /// sender does next.
  private static let few = (frames: 64, bytes: 64 << 10)

  private let state: Mutex<OutboxState<CheckedContinuation<Void, any Error>>>
  /// Sends on the sender's thread, while the socket is open; answers whether it did.
  private let sendNow = Mutex<(@Sendable () -> Bool)?>(nil)
  private let tickets = Atomic<UInt64>(0)
  private let line: Line

  init(line: Line, settings: SocketSettings) {
    self.line = line
    state = Mutex(
      OutboxState(messageLimit: settings.outboxMessages, byteLimit: settings.outboxBytes))
  }

  var counts: (sent: UInt64, refused: UInt64, peak: Int) {
    state.withLock { ($0.sent, $0.refused, $0.peak) }
  }

  /// Whether a sender is suspended.
  var isAwaited: Bool {
    state.withLock { $0.hasParked }
  }

  /// For the poller: the socket is open.
  func open(_ sendNow: @escaping @Sendable () -> Bool) {
    self.sendNow.withLock { $0 = sendNow }
  }

  /// Queues the messages, in order and together, after waiting for room where there is none.
  nonisolated(nonsending) func send(_ messages: [Message]) async throws {
    guard !messages.isEmpty else { return }
    switch state.withLock({ $0.offer(messages) }) {
    case .accepted(let wakes): if wakes { flush(messages) }
    case .closed: throw ZeroMQError.closed("send")
    case .full: try await sendWhenThereIsRoom(messages)
    }
  }

  nonisolated(nonsending) private func sendWhenThereIsRoom(_ messages: [Message]) async throws {
    let ticket = tickets.wrappingAdd(1, ordering: .relaxed).newValue
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation {
        offerOrPark(messages, ticket: ticket, sender: $0)
      }
    } onCancel: {
      state.withLock { $0.cancel(ticket) }?.resume(throwing: CancellationError())
    }
  }

  private func offerOrPark(_ messages: [Message], ticket: UInt64, sender: Waiter) {
    // Cancellation is looked at under the lock: one that comes later finds the parked sender.
    let offer = state.withLock { state -> OutboxState<Waiter>.Offer? in
      guard !Task.isCancelled else { return nil }
      let offer = state.offer(messages)
      if case .full = offer { state.park(messages, ticket: ticket, waiter: sender) }
      return offer
    }
    switch offer {
    case .full: break
    case nil: sender.resume(throwing: CancellationError())
    case .closed: sender.resume(throwing: ZeroMQError.closed("send"))
    case .accepted(let wakes):
      if wakes { line.post(.flush) }
      sender.resume()
    }
  }

  /// Has messages sent that were the first to wait; others may have joined them.
  private func flush(_ messages: [Message]) {
    let areFew =
      messages.reduce(0) { $0 + $1.frames.count } <= Self.few.frames
      && messages.reduce(0) { $0 + $1.frames.byteCount } <= Self.few.bytes
    if areFew, sendNow.withLock(\.self)?() == true { return }
    line.post(.flush)
  }

  /// For the user of the socket: gives everything that waits to `give`, which answers how many of them libzmq
  /// took.
  func flush(_ give: ([Message]) -> Int) {
    let batch = state.withLock { $0.take() }
    let sent = give(batch)
    let (admitted, again) = state.withLock {
      $0.settle(sent: UInt64(sent), refused: UInt64(batch.count - sent))
    }
    for sender in admitted { sender.resume() }
    if again { line.post(.flush) }
  }

  /// Fails with ``ZeroMQError/Code/closed`` for every sender that waits for room, or comes later.
  func close() {
    sendNow.withLock { $0 = nil }
    for sender in state.withLock({ $0.close() }) {
      sender.resume(throwing: ZeroMQError.closed("send"))
    }
  }
}
