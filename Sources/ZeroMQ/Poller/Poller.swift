import CProcess
import Glibc

/// The one thread of a context: opens, polls, reads, writes and closes all its sockets.
///
/// Polling an XPUB in one thread while another sends on it crashes in libzmq, under a lock too. So
/// other threads leave commands and messages in queues, and nothing but this thread, which this
/// class never leaves, touches a socket.
final class Poller {
  private let context: ContextHandle
  let commands: CommandQueue
  private let frame = FrameBuffer()
  private var sockets: [SocketID: PolledSocket] = [:]
  /// The polled sockets, in the order of the poll set.
  ///
  /// Made anew when `isStale`.
  private var polled: [PolledSocket] = []
  private var pollSet: PollSet
  private var isStale = false
  private var isStopping = false
  private var heap: HeapWatch
  private var measuredAt: Int64 = 0
  /// Whether peers connect to a socket: only then is the heap watched.
  private var isBound = false

  init(context: consuming ContextHandle, commands: CommandQueue, limits: ContextLimits) {
    self.context = context
    self.commands = commands
    heap = HeapWatch(limit: limits.heapBytes)
    pollSet = PollSet(waking: commands.descriptor)
  }

  /// Runs until it is stopped, then closes the sockets.
  ///
  /// The context goes with the poller.
  func run() {
    while !isStopping { turn() }
    commands.stop()
    for socket in sockets.values { socket.close() }
    polled = []
    sockets = [:]
  }

  private func turn() {
    if isStale { arrange() }
    pollSet.wait(milliseconds: isBound ? HeapWatch.interval : -1)
    if isBound { watchHeap() }
    for (index, socket) in polled.enumerated() {
      if pollSet.isReadable(index), socket.receive(by: frame) { isStale = true }
      if pollSet.isWritable(index) {
        socket.parts.readiness.open()
        isStale = true
      }
    }
    if pollSet.isWoken { commands.take().forEach(obey) }
  }

  /// Measures the heap when it is time, and cuts connections when it has grown past its limit.
  private func watchHeap() {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now)
    let milliseconds = Int64(now.tv_sec) * 1_000 + Int64(now.tv_nsec) / 1_000_000
    guard milliseconds - measuredAt >= HeapWatch.interval else { return }
    measuredAt = milliseconds
    switch heap.measured(Int(clamping: cprocess_heap_above(heap.limit))) {
    case .nothing: break
    case .cutBusy: cprocess_cut(1)
    case .cutAll: cprocess_cut(0)
    }
  }

  private func arrange() {
    pollSet = PollSet(waking: commands.descriptor)
    polled = sockets.values.filter(\.isPolled)
    for socket in polled { socket.join(&pollSet) }
    isBound = sockets.values.contains(where: \.binds)
    isStale = false
  }

  private func obey(_ command: Command) {
    switch command {
    case .open(let plan, let parts, let asker):
      asker.resume(with: Result { try open(plan, parts: parts) })
    case .perform(let id, .reopen):
      sockets[id]?.isFull = false
      isStale = true
    case .perform(let id, let verb):
      sockets[id]?.obey(verb)
    case .rebind(let id, let endpoint, let asker):
      asker.resume(with: Result { try rebind(id, endpoint: endpoint) })
    case .close(let id, let asker):
      close(id)
      asker.resume()
    case .answer(let asker):
      asker.resume()
    case .stop:
      isStopping = true
    }
  }

  private func open(_ plan: SocketPlan, parts: SocketParts) throws(ZeroMQError) -> [String] {
    let handle = try context.socket(plan.kind.type)
    let endpoints = try handle.prepare(by: plan)
    sockets[parts.line.id] = PolledSocket(
      handle: handle, parts: parts, plan: plan, bound: endpoints)
    isStale = true
    return endpoints
  }

  private func rebind(_ id: SocketID, endpoint: String) throws(ZeroMQError) {
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
