import CProcess
import Glibc

/// The one thread of a context: opens, polls, reads, writes and closes all its sockets.
///
/// Who sends a few messages does so on its own thread: a socket has a lock, and the poller waits for
/// descriptors, which use no socket. (`zmq_poll` uses the sockets while it waits: beside a thread that
/// sends on an XPUB it crashes, under a lock too.) All else other threads leave in queues.
final class Poller {
  private let context: ContextHandle
  let commands: CommandQueue
  private var reader = MessageReader()
  private var sockets: [SocketID: PolledSocket] = [:]
  /// The sockets, in the order of the poll set.
  private var polled: [PolledSocket] = []
  private var pollSet: PollSet
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
    commands.take().forEach(obey)
    guard !isStopping else { return }
    awaitWork()
    if isBound { watchHeap() }
    for (index, socket) in polled.enumerated() {
      let work = socket.work(hasNews: pollSet.hasNews(index))
      if work.receives { socket.receive(by: &reader) }
      if work.sends { socket.parts.readiness.open() }
    }
  }

  /// Waits until there is something to do.
  private func awaitWork() {
    guard polled.allSatisfy({ $0.work().isNone }), commands.beginWait() else {
      return pollSet.wait(milliseconds: 0)
    }
    pollSet.wait(milliseconds: isBound ? HeapWatch.interval : -1)
    commands.endWait()
  }

  /// Measures the heap when it is time, and cuts connections when it has grown past its limit.
  private func watchHeap() {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now)
    let milliseconds = Int64(now.tv_sec) * 1_000 + Int64(now.tv_nsec) / 1_000_000
    guard milliseconds - measuredAt >= Int64(HeapWatch.interval) else { return }
    measuredAt = milliseconds
    switch heap.measured(Int(clamping: cprocess_heap_above(heap.limit))) {
    case .nothing: break
    case .cutBusy: cprocess_cut(1)
    case .cutAll: cprocess_cut(0)
    }
  }

  private func arrange() {
    polled = Array(sockets.values)
    pollSet = PollSet(waking: commands.descriptor)
    for socket in polled { pollSet.add(socket.descriptor) }
    isBound = polled.contains(where: \.binds)
  }

  private func obey(_ command: Command) {
    switch command {
    case .open(let plan, let parts, let asker):
      asker.resume(with: Result { try open(plan, parts: parts) })
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
    let socket = PolledSocket(handle: handle, parts: parts, plan: plan, bound: endpoints)
    sockets[parts.line.id] = socket
    parts.outbox.open(socket.sendNow)
    arrange()
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

  /// Drops the references to the socket, of which the last one closes it.
  ///
  /// A sender that has just sent on it may have that for a moment.
  private func beginClosing(_ id: SocketID) -> ListenersClosing? {
    guard let socket = sockets.removeValue(forKey: id) else { return nil }
    socket.close()
    arrange()
    return socket.free(in: context)
  }
}
