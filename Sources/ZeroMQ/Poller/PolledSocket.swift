import CZeroMQ
import FoundationEssentials

/// One socket as the poller sees it: the handle, and the queues to and from its users.
final class PolledSocket {
  /// The most messages that one turn reads of a socket, so that the others have theirs.
  private static let turnMessages = 256
  /// The most bytes that one turn reads of a socket, but for the last message's own.
  private static let turnBytes = 4 << 20

  let handle: SocketHandle
  let parts: SocketParts
  /// The consumer does not keep up: the socket is left unread until it does.
  var isFull = false

  /// Whether peers connect to it.
  let binds: Bool

  private let identifies: Bool
  private let owner: UInt32?
  private var bound: [String]
  /// The first frame of the last message.
  private var first = Data()

  init(
    handle: consuming SocketHandle, parts: SocketParts, plan: SocketPlan, bound: [String]
  ) {
    self.handle = handle
    binds = plan.kind.binds
    identifies = plan.identifies
    owner = plan.owner
    self.parts = parts
    self.bound = bound
  }

  var isPolled: Bool { !isFull || parts.readiness.isAwaited }

  func join(_ set: inout PollSet) {
    set.add(handle, reads: !isFull, writes: parts.readiness.isAwaited)
  }

  /// Hands one turn's messages over.
  ///
  /// Answers whether the socket has to leave the poll set.
  func receive(by frame: borrowing FrameBuffer) -> Bool {
    var messages: [Message] = []
    messages.reserveCapacity(Self.turnMessages)
    var bytes = 0
    var foreign = 0
    var first = first
    defer { self.first = first }
    while messages.count + foreign < Self.turnMessages, bytes < Self.turnBytes,
      let message = handle.receive(by: frame, identifies: identifies, after: &first)
    {
      bytes += message.byteCount
      if let owner, message.peer?.uid != owner {
        foreign += 1
        parts.inbox.refuse(message)
      } else {
        messages.append(message)
      }
    }
    guard !messages.isEmpty else { return false }
    isFull = parts.inbox.deliver(messages, bytes: bytes)
    return isFull
  }

  func obey(_ verb: Command.Verb) {
    switch verb {
    case .flush: parts.outbox.flush { handle.send($0) }
    // They fail only on a socket of another kind, which no type offers them for.
    case .subscribe(let prefix): try? handle.set(ZMQ_SUBSCRIBE, to: prefix)
    case .unsubscribe(let prefix): try? handle.set(ZMQ_UNSUBSCRIBE, to: prefix)
    case .reopen: break
    }
  }

  /// Wakes all waiting tasks.
  ///
  /// The handle closes the socket itself.
  func close() {
    parts.inbox.close()
    parts.outbox.close()
    parts.readiness.close()
  }

  /// Binds an ipc path again.
  func rebind(_ endpoint: String) throws(ZeroMQError) {
    guard endpoint.hasPrefix("ipc://") else { return }
    bound.append(try handle.bind(endpoint))
  }

  /// Begins to free the endpoints of a socket that is to be closed after this.
  ///
  /// - Returns: The object to wait for, once the socket is closed.
  func free(in context: borrowing ContextHandle) -> ListenersClosing? {
    for endpoint in bound where endpoint.hasPrefix("inproc://") { handle.unbind(endpoint) }
    let listeners = bound.count { Endpoint.hasListener($0) }
    guard listeners > 0 else { return nil }
    return try? ListenersClosing(count: listeners, of: handle, in: context)
  }
}
