import CZeroMQ
import Synchronization

/// One socket: the handle, which one thread uses at a time, and the queues to and from its users.
///
/// The poller does all with it but one thing: who sends a few messages does so on its own thread.
final class PolledSocket: Sendable {
  /// The most messages that one turn reads of a socket, so that the others have theirs; so many are also
  /// sent before it is asked again.
  private static let turnMessages = 256
  /// The most bytes that one turn reads of a socket, but for the last message's own.
  private static let turnBytes = 4 << 20

  let parts: SocketParts
  /// Becomes readable when something has happened to the socket, until any thread uses it.
  let descriptor: Int32
  /// Whether peers connect to it.
  let binds: Bool

  private let identifies: Bool
  private let owner: UInt32?
  private let state: Mutex<State>

  private struct State: ~Copyable {
    let handle: SocketHandle
    /// What could be done when libzmq was asked last.
    var can = (receive: false, send: false)
    /// Whether the socket was used since.
    var isUsed = true
    /// The consumer does not keep up: the socket is left unread until it does.
    var isFull = false
    var bound: [String]
  }

  init(
    handle: consuming SocketHandle, parts: SocketParts, plan: SocketPlan, bound: [String]
  ) {
    binds = plan.kind.binds
    identifies = plan.identifies
    owner = plan.owner
    descriptor = handle.descriptor
    self.parts = parts
    state = Mutex(State(handle: handle, bound: bound))
  }

  /// What there is to do.
  struct Work {
    /// Whether a message can be received, and is wanted.
    var receives = false
    /// Whether one can be sent, where a task waits for that.
    var sends = false

    var isNone: Bool { !receives && !sends }
  }

  /// Learns what there is to do, where that may have changed.
  ///
  /// - Parameter hasNews: whether its descriptor is readable. Without news, a socket that a sender uses has
  ///   nothing to do: the sender learns it.
  func work(hasNews: Bool = false) -> Work {
    guard hasNews else { return state.withLockIfAvailable { work(&$0) } ?? Work() }
    return state.withLock { state in
      state.isUsed = true
      return work(&state)
    }
  }

  private func work(_ state: inout State) -> Work {
    if state.isUsed {
      state.can = state.handle.readiness
      state.isUsed = false
    }
    return Work(
      receives: state.can.receive && !state.isFull,
      sends: state.can.send && parts.readiness.isAwaited)
  }

  /// Sends what the outbox has, on the thread of the sender.
  ///
  /// - Returns: whether libzmq was offered it: not while another thread uses the socket, nor while messages
  ///   wait to be received. Peers that send without end keep the poller busy, and not the sender.
  func sendNow() -> Bool {
    let found = state.withLockIfAvailable { state -> Work? in
      guard !state.can.receive else { return nil }
      flush(&state)
      // libzmq has taken the signal of what may have happened.
      state.isUsed = true
      return work(&state)
    }
    guard let found = found ?? nil else { return false }
    if !found.isNone { parts.line.post(.look) }
    return true
  }

  private func flush(_ state: inout State) {
    parts.outbox.flush { batch in
      var sent = 0
      for (index, message) in batch.enumerated() {
        // While it sends, libzmq looks once in a millisecond for what was taken from its queues; asked for
        // events, at once. Until then it may hold the queue of a peer that keeps up for full, and drop.
        if index.isMultiple(of: Self.turnMessages) { state.can = state.handle.readiness }
        if state.handle.send(message) { sent += 1 }
      }
      return sent
    }
  }

  /// Hands one turn's messages over.
  ///
  /// It leaves the socket unread from then on, where they are too many for the consumer.
  func receive(by reader: inout MessageReader) {
    var messages: [Message] = []
    messages.reserveCapacity(Self.turnMessages)
    var bytes = 0
    state.withLock { state in
      var foreign = 0
      state.isUsed = true
      while messages.count + foreign < Self.turnMessages, bytes < Self.turnBytes {
        guard let message = reader.receive(from: state.handle, identifies: identifies) else {
          // There is nothing more, of all that has happened so far. Whether it can send is not known.
          state.can.receive = false
          state.isUsed = parts.readiness.isAwaited
          break
        }
        bytes += message.frames.byteCount
        if let owner, message.peer?.uid != owner {
          foreign += 1
          parts.inbox.refuse(message)
        } else {
          messages.append(message)
        }
      }
    }
    guard !messages.isEmpty, parts.inbox.deliver(messages, bytes: bytes) else { return }
    state.withLock { $0.isFull = true }
  }

  func obey(_ verb: Command.Verb) {
    state.withLock { state in
      state.isUsed = true
      switch verb {
      case .flush: flush(&state)
      // They fail only on a socket of another kind, which no type offers them for.
      case .subscribe(let prefix): try? state.handle.set(ZMQ_SUBSCRIBE, to: prefix)
      case .unsubscribe(let prefix): try? state.handle.set(ZMQ_UNSUBSCRIBE, to: prefix)
      case .reopen: state.isFull = false
      case .look: break
      }
    }
  }

  /// Wakes all waiting tasks, and returns when no sender uses the socket any more.
  ///
  /// The handle closes the socket itself.
  func close() {
    parts.inbox.close()
    parts.outbox.close()
    parts.readiness.close()
    state.withLock { _ in }
  }

  /// Binds an ipc path again.
  func rebind(_ endpoint: String) throws(ZeroMQError) {
    guard endpoint.hasPrefix("ipc://") else { return }
    try state.withLock { state throws(ZeroMQError) in
      state.isUsed = true
      state.bound.append(try state.handle.bind(endpoint))
    }
  }

  /// Begins to free the endpoints of a socket that is to be closed after this.
  ///
  /// - Returns: The object to wait for, once the socket is closed.
  func free(in context: borrowing ContextHandle) -> ListenersClosing? {
    state.withLock { state in
      for endpoint in state.bound where endpoint.hasPrefix("inproc://") {
        state.handle.unbind(endpoint)
      }
      let listeners = state.bound.count { Endpoint.hasListener($0) }
      guard listeners > 0 else { return nil }
      return try? ListenersClosing(count: listeners, of: state.handle, in: context)
    }
  }
}
