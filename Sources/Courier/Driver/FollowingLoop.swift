import Events
import FoundationEssentials
import Journal
import Logging
import Runtime
import ZeroMQ

/// Runs a ``FollowingProcess`` on the two sockets of a stream, and connects them.
struct FollowingLoop: Sendable {
  let journal: ServiceJournal
  /// The addresses of the stream, one for each replica of its service; at least one.
  let replicas: [StreamEndpoints]
  let consumer: String
  let runtime: RuntimeContext
  let logger: Logger
  let show: @Sendable (Subscription) -> Void

  /// A name has a new address.
  private struct Moved: Error {}

  /// Follows until its task is cancelled.
  func run(in context: Context) async throws {
    var driver = Driver(
      FollowingProcess(
        stream, as: consumer, reading: journal.reactions.versions(in: stream),
        patience: replicas[0].patience),
      journal: journal, runtime: runtime)
    let approach = Approach(replicas: replicas, runtime: runtime, logger: logger)
    while true {
      do {
        try await approach.retry {
          show(unreachable(driver.process, because: $0))
        } opening: {
          let places = try await approach.wait { reason in
            show(unreachable(driver.process, because: reason))
          }
          try await follow(at: places, approach, in: context, driver: &driver)
        }
        return
      } catch is Moved {}
    }
  }

  private var stream: String { replicas[0].stream }

  private func unreachable(_ process: FollowingProcess, because reason: String) -> Subscription {
    let known =
      process.subscription
      ?? Subscription(
        stream: stream, cursor: 0, head: nil, state: .connecting, reason: nil,
        isReady: false)
    return known.away(because: reason)
  }

  /// Follows until its task is cancelled.
  ///
  /// - Throws: ``Moved`` when a name has a new address.
  private func follow(
    at places: [StreamEndpoints], _ approach: Approach, in context: Context,
    driver: inout Driver<FollowingProcess>
  ) async throws {
    let prefix = Topic.prefix(ofStream: stream)
    let owner = replicas[0].owner
    try await context.withDealer(
      connectingTo: places.map(\.log), ownedBy: owner, settings: .requests
    ) { dealer in
      try await context.withSubscriber(
        connectingTo: places.map(\.events), prefixes: [prefix], ownedBy: owner,
        settings: .subscriber
      ) { subscriber in
        var foreign: Traffic? {
          [subscriber.traffic, dealer.traffic].first { $0.foreign > 0 }
        }
        func perform(_ action: FollowingProcess.Action) async throws -> FollowingProcess.Input? {
          switch action {
          case .request(let request): try await dealer.send([Message(request.frames)])
          case .log(let level, let line): logger.log(level: level, "\(line)")
          case .report: break
          case .explainSilence: return .silent(because: try await approach.cause())
          case .lookForMove: if try await approach.hasMoved(from: places) { throw Moved() }
          case .count:
            return .counted(lostRequests: dealer.traffic.refused, hasForeign: foreign != nil)
          case .logForeign: foreign.map(approach.logForeign)
          }
          return nil
        }
        try await driver.run(
          on: [
            InputSource(subscriber.messages) { .received($0.map { Array($0.frames) }) },
            InputSource(dealer.messages) { .answered($0.map { Array($0.frames) }) },
          ], show: { $0.subscription.map(show) }, perform: perform)
      }
    }
  }
}
