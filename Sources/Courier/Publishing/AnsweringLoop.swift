import AsyncAlgorithms
import Events
import FoundationEssentials
import Glibc
import Journal
import Logging
import Synchronization
import ZeroMQ

/// Answers FETCH, ACK and STATUS from the log: the thin shell around ``RequestQueue`` and ``Turn``.
struct AnsweringLoop: Sendable {
  /// So many requests are answered before the loop looks after other things.
  private static let piece = 16

  let journal: ServiceJournal
  let endpoint: String
  let surroundings: Surroundings
  let logger: Logger
  /// Takes how many requests were refused and dropped, and where the log is damaged.
  let report: @Sendable (_ change: (inout ServingStatus) -> Void) -> Void

  private enum Input: Sendable {
    case asked
    case second
  }

  /// Answers until its task is cancelled.
  func run(in context: Context, whenBound: @Sendable () -> Void) async throws {
    let waiting = Waiting()
    try await context.withRouter(binding: [endpoint], settings: .log) { router in
      whenBound()
      let (calls, called) = AsyncStream.makeStream(
        of: Void.self, bufferingPolicy: .bufferingNewest(1))
      try await withThrowingDiscardingTaskGroup { group in
        group.addTask {
          // The socket is drained at once: a peer that floods it fills only its own places.
          for await messages in router.messages {
            waiting.append(messages, provesUsers: self.provesUsers)
            called.yield()
          }
          called.finish()
        }
        try await answer(waiting, calls, called, with: router)
        group.cancelAll()
      }
    }
  }

  private var provesUsers: Bool { endpoint.hasPrefix("ipc://") }

  private func answer(
    _ waiting: Waiting, _ calls: AsyncStream<Void>,
    _ called: AsyncStream<Void>.Continuation, with router: Router
  ) async throws {
    var rebinding = Rebinding(router.boundEndpoints[0], logger: logger)
    var complaints = Complaints()
    var dropped: UInt64 = 0
    let inputs = merge(
      calls.map { Input.asked },
      AsyncTimerSequence(interval: .seconds(1), clock: .continuous).map { _ in Input.second })
    for await input in inputs {
      switch input {
      case .asked:
        for _ in 0..<Self.piece {
          guard let request = waiting.queue.withLock({ $0.next() }) else { break }
          try await answer(request, with: router, &complaints)
        }
        if waiting.queue.withLock({ !$0.isEmpty }) { called.yield() }
      case .second:
        let count = waiting.queue.withLock { $0.dropped }
        if count != dropped { tell(dropped: count - dropped, &complaints) }
        dropped = count
        for line in complaints.tick(at: surroundings.uptime()) { logger.warning("\(line)") }
        try await rebinding.check(router.rebind)
      }
    }
  }

  private func answer(
    _ request: PendingRequest, with router: Router, _ complaints: inout Complaints
  ) async throws {
    let origin = RequestOrigin(
      request.identity, expected: journal.expected,
      own: Peer(uid: geteuid(), gid: getegid(), pid: getpid()))
    let turn = Turn(
      on: request.frames[...], from: origin, to: journal.stream,
      catalogue: journal.publishing.catalogue)
    guard let reply = try await run(turn, asked: request) else { return }
    if case .error(let refusal) = reply { tell(refusal, of: request, &complaints) }
    try await router.send([Message([request.sender] + reply.frames)])
  }

  private func run(_ turn: Turn, asked request: PendingRequest) async throws -> Reply? {
    do {
      return try await run(turn)
    } catch {
      guard let refusal = Refusal(of: request.frames[...], meeting: error) else { throw error }
      return .error(refusal)
    }
  }

  private func run(_ turn: Turn) async throws -> Reply? {
    var turn = turn
    while true {
      switch turn {
      case .answer(let reply): return reply
      case .read(let work): turn = try await journal.read { try work($0) }
      case .write(let work):
        do {
          turn = try await journal.write(patience: .zero) { try work($0) }
        } catch let obstacle as JournalError where obstacle.failureKind == .passes {
          // Nothing can be written now. An acknowledgement is repeated, and the questions of
          // others are answered meanwhile.
          return nil
        }
      }
    }
  }
}

// MARK: Mistakes of peers

extension AnsweringLoop {
  private func tell(_ refusal: Refusal, of request: PendingRequest, _ complaints: inout Complaints)
  {
    report { status in
      status.refused += 1
      if refusal.code == .damaged { status.damage = refusal.message }
    }
    let sentence =
      "a request of \(request.identity) is refused: \(refusal.code.rawValue): "
      + refusal.message.prefix(256)
    let line = complaints.note(refusal.code.rawValue, sentence, at: surroundings.uptime())
    guard let line else { return }
    logger.log(level: refusal.code == .damaged ? .critical : .warning, "\(line)")
  }

  private func tell(dropped count: UInt64, _ complaints: inout Complaints) {
    report { $0.dropped += count }
    let sentence = "\(count) requests were dropped: more came than can wait"
    if let line = complaints.note("dropped", sentence, at: surroundings.uptime()) {
      logger.warning("\(line)")
    }
  }
}

/// The requests that wait, between the task that drains the socket and the one that answers.
private final class Waiting: Sendable {
  let queue = Mutex(RequestQueue())

  /// - Parameter provesUsers: whether the transport proves the user of a peer.
  func append(_ messages: [Message], provesUsers: Bool) {
    for message in messages {
      guard let sender = message.frames.first else { continue }
      let identity: RequestOrigin.Identity =
        if let peer = message.peer { .process(peer) } else if provesUsers { .concealed } else {
          .unproved
        }
      let request = PendingRequest(from: sender, identity, frames: message.frames.dropFirst())
      queue.withLock { _ = $0.append(request) }
    }
  }
}
