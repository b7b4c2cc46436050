import AsyncAlgorithms
import Events
import FoundationEssentials
import Glibc
import Journal
import Logging
import Runtime
import Synchronization
import ZeroMQ

/// Runs an ``AnsweringProcess`` on a socket, with a ``RequestQueue`` between both.
struct AnsweringLoop: Sendable {
  let journal: ServiceJournal
  let endpoint: String
  let runtime: RuntimeContext
  let logger: Logger
  /// Takes how the stream is served.
  let report: @Sendable (ServingStatus) -> Void

  /// Answers until its task is cancelled.
  func run(in context: Context, whenBound: @Sendable () -> Void) async throws {
    try await context.withRouter(binding: [endpoint], settings: .log) { router in
      whenBound()
      let waiting = WaitingRequests(provesUsers: endpoint.hasPrefix("ipc://"))
      try await withThrowingDiscardingTaskGroup { group in
        group.addTask {
          // The socket is drained at once: a peer that floods it fills only its own places.
          for await messages in router.messages { waiting.append(messages) }
          waiting.finish()
        }
        try await answer(waiting, with: router)
        group.cancelAll()
      }
    }
  }

  private func answer(_ waiting: WaitingRequests, with router: Router) async throws {
    var rebinding = Rebinding(router.boundEndpoints[0], logger: logger)
    let own = Peer(uid: geteuid(), gid: getegid(), pid: getpid())
    var driver = Driver(
      AnsweringProcess(for: journal, as: own), journal: journal, runtime: runtime)
    try await driver.run(
      on: waiting, show: { report($0.status) },
      perform: { action in
        switch action {
        case .reply(let reply, let peer): try await router.send([Message([peer] + reply.frames)])
        case .log(let level, let line): logger.log(level: level, "\(line)")
        case .checkSocket: try await rebinding.check(router.rebind)
        }
        return nil
      })
  }
}

/// The requests that wait, between the task that drains the socket and the driver that answers.
private final class WaitingRequests: AsyncSequence, Sendable {
  typealias Element = AnsweringProcess.Input
  typealias Failure = Never

  private let state = Mutex((queue: RequestQueue(), dropped: 0))
  private let provesUsers: Bool
  private let (arrivals, arrived) = AsyncStream.makeStream(
    of: Void.self, bufferingPolicy: .bufferingNewest(1))

  /// - Parameter provesUsers: whether the transport proves the user of a peer.
  init(provesUsers: Bool) {
    self.provesUsers = provesUsers
  }

  func append(_ messages: [Message]) {
    state.withLock { state in
      for message in messages {
        guard let sender = message.frames.first else { continue }
        let request = PendingRequest(
          from: sender, identity(of: message), frames: message.frames.dropFirst())
        state.dropped += state.queue.append(request).count
      }
    }
    arrived.yield()
  }

  func finish() { arrived.finish() }

  private func identity(of message: Message) -> RequestOrigin.Identity {
    if let peer = message.peer { return .process(peer) }
    return provesUsers ? .concealed : .unproved
  }

  private func next() -> Element? {
    state.withLock { state in
      guard state.dropped == 0 else {
        defer { state.dropped = 0 }
        return .dropped(state.dropped)
      }
      return state.queue.next().map { .asked($0) }
    }
  }

  struct AsyncIterator: AsyncIteratorProtocol {
    fileprivate let requests: WaitingRequests
    fileprivate var arrivals: AsyncStream<Void>.AsyncIterator

    mutating func next() async -> Element? {
      while true {
        if let next = requests.next() { return next }
        guard await arrivals.next() != nil else { return nil }
      }
    }
  }

  func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(requests: self, arrivals: arrivals.makeAsyncIterator())
  }
}
