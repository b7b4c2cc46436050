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
  func run(in context: Context, show: @escaping @Sendable (Binding.State) -> Void) async throws {
    try await context.withRouter(binding: [endpoint], settings: .log) { router in
      show(.bound)
      let requests = WaitingRequests(
        router.messages, provesUsers: endpoint.hasPrefix("ipc://"))
      try await answer(requests, with: router, show: show)
    }
  }

  private func answer(
    _ requests: WaitingRequests, with router: Router,
    show: @escaping @Sendable (Binding.State) -> Void
  ) async throws {
    var rebinding = Rebinding(router.boundEndpoints[0], logger: logger, report: show)
    let own = Peer(uid: geteuid(), gid: getegid(), pid: getpid())
    var driver = Driver(
      AnsweringProcess(for: journal, as: own), journal: journal, runtime: runtime)
    let source = InputSource(poll: requests.next, onInput: requests.onArrival)
    // One answer at a time: a peer's queue in libzmq has four places, and is emptied meanwhile.
    try await driver.run(
      on: [source], yieldingAfter: 1, show: { report($0.status) },
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

/// The requests that wait, between the socket and the driver that answers.
private final class WaitingRequests: Sendable {
  private let messages: Batches<Message>
  private let provesUsers: Bool
  private let state = Mutex((queue: RequestQueue(), dropped: 0))

  /// - Parameter provesUsers: whether the transport proves the user of a peer.
  init(_ messages: Batches<Message>, provesUsers: Bool) {
    self.messages = messages
    self.provesUsers = provesUsers
  }

  /// Takes requests from the socket as they arrive: a peer that floods it fills only its own places.
  func onArrival(_ arrived: (@Sendable () -> Void)?) {
    guard let arrived else { return messages.onArrival(nil) }
    messages.onArrival {
      self.takeRequests()
      arrived()
    }
  }

  private func takeRequests() {
    state.withLock { state in
      for message in messages.take() {
        guard let sender = message.frames.first else { continue }
        let request = PendingRequest(
          from: sender, identity(of: message), frames: message.frames.dropFirst())
        state.dropped += state.queue.append(request).count
      }
    }
  }

  private func identity(of message: Message) -> RequestOrigin.Identity {
    if let peer = message.peer { return .process(peer) }
    return provesUsers ? .concealed : .unproved
  }

  func next() -> AnsweringProcess.Input? {
    state.withLock { state in
      guard state.dropped == 0 else {
        defer { state.dropped = 0 }
        return .dropped(state.dropped)
      }
      return state.queue.next().map { .asked($0) }
    }
  }
}
