import AsyncAlgorithms
import Events
import FoundationEssentials
import Journal
import Logging
import ZeroMQ

/// Answers FETCH, ACK and STATUS from the log: the thin shell around ``LogServer``.
struct AnsweringLoop: Sendable {
  let journal: ServiceJournal
  let endpoint: String
  let logger: Logger

  private enum Input: Sendable {
    case asked([Message])
    case second
  }

  /// Answers until its task is cancelled.
  func run(in context: Context, whenBound: @Sendable () -> Void) async throws {
    // An answer has up to 1 MiB. Whoever asks and does not read loses answers, and asks again.
    var settings = SocketSettings()
    settings.sendHighWater = 16
    try await context.withRouter(binding: [endpoint], settings: settings) { router in
      whenBound()
      var rebinding = Rebinding(router.boundEndpoints[0], logger: logger)
      let inputs = merge(
        router.messages.map(Input.asked),
        AsyncTimerSequence(interval: .seconds(1), clock: .continuous).map { _ in Input.second })
      for await input in inputs {
        switch input {
        case .asked(let messages):
          for message in messages { try await answer(message, with: router) }
        case .second:
          try await rebinding.check(router.rebind)
        }
      }
    }
  }

  private func answer(_ message: Message, with router: Router) async throws {
    guard let asker = message.frames.first,
      let reply = try await run(
        Turn(on: message.frames.dropFirst(), catalogue: journal.publishing.catalogue))
    else { return }
    try await router.send([Message([asker] + reply.frames)])
  }

  private func run(_ turn: Turn) async throws -> Reply? {
    var turn = turn
    while true {
      switch turn {
      case .answer(let reply): return reply
      case .read(let work): turn = try await journal.read { try work($0) }
      case .write(let work): turn = try await journal.write { try work($0) }
      }
    }
  }
}
