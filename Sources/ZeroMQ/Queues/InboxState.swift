/// The received messages that are not taken yet: decides which consumer gets them, and when to stop
/// reading.
///
/// A value without I/O: ``Inbox`` holds it under its lock, and performs its results.
struct InboxState<Item: Sendable, Waiter> {
  enum Delivery {
    /// The items wait. When `full`, the socket is to be left alone until they are taken; when `isFirst`,
    /// none waited before them.
    case kept(full: Bool, isFirst: Bool)
    /// A consumer was waiting: give it the items.
    case handed(Waiter)
    /// The items will not be taken.
    case refused
  }

  enum Taking {
    /// Everything that waited. When `reopens`, the poller reads the socket again.
    case batch([Item], reopens: Bool)
    case wait
    case ended
  }

  private let messageLimit: Int
  private let byteLimit: Int
  private var items: [Item] = []
  private var bytes = 0
  private var waiter: Waiter?
  private var isFull = false
  private var isClosed = false
  private(set) var received: UInt64 = 0
  private(set) var peak = 0
  private(set) var foreign: UInt64 = 0
  private(set) var foreignPeer: Peer?

  init(messageLimit: Int, byteLimit: Int) {
    self.messageLimit = max(1, messageLimit)
    self.byteLimit = max(1, byteLimit)
  }

  mutating func deliver(_ batch: [Item], bytes count: Int) -> Delivery {
    guard !isClosed else { return .refused }
    received += UInt64(batch.count)
    peak = max(peak, items.count + batch.count)
    if let consumer = waiter {
      waiter = nil
      return .handed(consumer)
    }
    let isFirst = items.isEmpty
    items.append(contentsOf: batch)
    bytes += count
    isFull = items.count >= messageLimit || bytes >= byteLimit
    return .kept(full: isFull, isFirst: isFirst)
  }

  mutating func refuse(_ message: Message) {
    foreign += 1
    foreignPeer = message.peer
  }

  /// Takes what waits, or remembers the waiter that `park` makes.
  ///
  /// The socket is read again when nothing waits any more.
  mutating func take(atMost limit: Int = .max) -> Taking {
    precondition(waiter == nil, "a socket's batches have a single consumer")
    guard !isClosed else { return .ended }
    guard !items.isEmpty else { return .wait }
    if items.count > limit {
      defer { items.removeFirst(limit) }
      return .batch(Array(items.prefix(limit)), reopens: false)
    }
    var batch: [Item] = []
    swap(&batch, &items)
    bytes = 0
    defer { isFull = false }
    return .batch(batch, reopens: isFull)
  }

  mutating func park(_ consumer: Waiter) {
    precondition(waiter == nil && items.isEmpty && !isClosed)
    waiter = consumer
  }

  /// The consumer is cancelled.
  ///
  /// Returns the waiter to resume.
  mutating func cancel() -> Waiter? {
    defer { waiter = nil }
    return waiter
  }

  /// No more messages come, and waiting messages are dropped.
  ///
  /// Returns the waiter to resume.
  mutating func close() -> Waiter? {
    isClosed = true
    items = []
    bytes = 0
    return cancel()
  }
}

extension InboxState.Delivery: Equatable where Waiter: Equatable {}
extension InboxState.Taking: Equatable where Item: Equatable {}
