/// The one thread of a context: opens, polls, reads, writes and closes all its sockets.
///
/// Polling an XPUB in one thread while another sends on it crashes in libzmq, under a lock too. So
/// other threads leave commands and messages in queues, and nothing but this thread, which this
/// class never leaves, touches a socket.
final class Poller {
  private let context: ContextHandle
  let mailbox: Mailbox
  private let frame = FrameBuffer()
  private var sockets: [SocketID: PolledSocket] = [:]
  /// What is polled, in the order of the poll set.
  ///
  /// Made anew when `isStale`.
  private var polled: [PolledSocket] = []
  private var pollSet: PollSet
  private var isStale = false
  private var isStopping = false

  init(context: consuming ContextHandle, mailbox: Mailbox) {
    self.context = context
    self.mailbox = mailbox
    pollSet = PollSet(waking: mailbox.descriptor)
  }

  /// Works until it is told to stop, then closes the sockets.
  ///
  /// The context goes with the poller.
  func run() {
    while !isStopping { turn() }
    mailbox.stop()
    for socket in sockets.values { socket.close() }
    polled = []
    sockets = [:]
  }

  private func turn() {
    if isStale { arrange() }
    pollSet.wait()
    for (index, socket) in polled.enumerated() {
      if pollSet.isReadable(index), socket.receive(by: frame) { isStale = true }
      if pollSet.isWritable(index) {
        socket.parts.readiness.open()
        isStale = true
      }
    }
    if pollSet.isWoken { mailbox.take().forEach(obey) }
  }

  private func arrange() {
    pollSet = PollSet(waking: mailbox.descriptor)
    polled = sockets.values.filter(\.isPolled)
    for socket in polled { socket.join(&pollSet) }
    isStale = false
  }

  private func obey(_ command: Command) {
    switch command {
    case .open(let plan, let parts, let asker):
      asker.resume(with: Result { try open(plan, parts) })
    case .tell(let id, .reopen):
      sockets[id]?.isFull = false
      isStale = true
    case .tell(let id, let verb):
      sockets[id]?.obey(verb)
    case .rebind(let id, let endpoint, let asker):
      asker.resume(with: Result { try rebind(id, endpoint) })
    case .close(let id, let asker):
      close(id)
      asker.resume()
    case .stop:
      isStopping = true
    }
  }

  private func open(_ plan: SocketPlan, _ parts: SocketParts) throws(ZeroMQError) -> [String] {
    let handle = try context.socket(plan.kind.type)
    let endpoints = try handle.prepare(by: plan)
    sockets[parts.line.id] = PolledSocket(
      handle: handle, parts: parts, identifies: plan.kind == .router, bound: endpoints)
    isStale = true
    return endpoints
  }

  private func rebind(_ id: SocketID, _ endpoint: String) throws(ZeroMQError) {
    guard let socket = sockets[id] else { throw .closed("bind") }
    try socket.rebind(endpoint)
  }

  /// Closes a socket, and returns when its endpoints are free.
  private func close(_ id: SocketID) {
    beginClosing(id)?.wait()
  }

  /// Drops every reference to the socket, which closes it.
  private func beginClosing(_ id: SocketID) -> ListenersClosing? {
    guard let socket = sockets.removeValue(forKey: id) else { return nil }
    socket.close()
    // Now and not at the next turn: the poll set still has the socket, and so has `polled`.
    arrange()
    return socket.free(in: context)
  }
}
