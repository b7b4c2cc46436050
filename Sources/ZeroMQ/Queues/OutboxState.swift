/// The messages that libzmq has not taken yet: decides which senders wait, and when they are to be
/// flushed, by the poller or a sender.
///
/// A value without I/O: ``Outbox`` holds it under its lock, and performs its results.
struct OutboxState<Waiter> {
  enum Offer: Equatable {
    /// The messages are accepted. When `wakes`, they are to be flushed.
    case accepted(wakes: Bool)
    /// The sender is to be parked with them.
    case full
    case closed
  }

  private struct Parked {
    let ticket: UInt64
    let messages: [Message]
    let waiter: Waiter
  }

  private let messageLimit: Int
  private let byteLimit: Int
  private var queue: [Message] = []
  private var bytes = 0
  private var inFlight = (messages: 0, bytes: 0)
  private var parked: [Parked] = []
  /// A flush is to come, or has not yet finished.
  private var isFlushing = false
  private var isClosed = false
  private(set) var sent: UInt64 = 0
  private(set) var refused: UInt64 = 0
  private(set) var peak = 0

  init(messageLimit: Int, byteLimit: Int) {
    self.messageLimit = max(1, messageLimit)
    self.byteLimit = max(1, byteLimit)
  }

  private var hasRoom: Bool {
    queue.count + inFlight.messages < messageLimit && bytes + inFlight.bytes < byteLimit
  }

  var hasParked: Bool { !parked.isEmpty }

  mutating func offer(_ messages: [Message]) -> Offer {
    guard !isClosed else { return .closed }
    // Behind those that wait already, so that each sender's turn comes.
    guard hasRoom, parked.isEmpty else { return .full }
    append(messages)
    defer { isFlushing = true }
    return .accepted(wakes: !isFlushing)
  }

  mutating func park(_ messages: [Message], ticket: UInt64, waiter: Waiter) {
    parked.append(Parked(ticket: ticket, messages: messages, waiter: waiter))
  }

  /// The sender gives up: its messages are not sent.
  ///
  /// Nil when they are in already.
  mutating func cancel(_ ticket: UInt64) -> Waiter? {
    guard let index = parked.firstIndex(where: { $0.ticket == ticket }) else { return nil }
    return parked.remove(at: index).waiter
  }

  /// Everything that waits, to be given to libzmq.
  ///
  /// It counts as waiting until `settle`.
  mutating func take() -> [Message] {
    var batch: [Message] = []
    swap(&batch, &queue)
    inFlight = (batch.count, bytes)
    bytes = 0
    return batch
  }

  /// The messages were given to libzmq: admits parked senders while there is room.
  ///
  /// Returns them, and whether the poller must come again.
  mutating func settle(sent: UInt64, refused: UInt64) -> (admitted: [Waiter], again: Bool) {
    self.sent += sent
    self.refused += refused
    inFlight = (0, 0)
    var admitted = 0
    while admitted < parked.count, hasRoom {
      append(parked[admitted].messages)
      admitted += 1
    }
    let waiters = parked[..<admitted].map(\.waiter)
    parked.removeFirst(admitted)
    isFlushing = !queue.isEmpty
    return (waiters, isFlushing)
  }

  /// Nothing more is sent, and waiting messages are dropped.
  ///
  /// Returns the senders to resume.
  mutating func close() -> [Waiter] {
    defer { parked = [] }
    isClosed = true
    queue = []
    bytes = 0
    return parked.map(\.waiter)
  }

  private mutating func append(_ messages: [Message]) {
    queue.append(contentsOf: messages)
    bytes += messages.reduce(0) { $0 + $1.frames.byteCount }
    peak = max(peak, queue.count + inFlight.messages)
  }
}
