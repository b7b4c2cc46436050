import Events
import FoundationEssentials
import Journal
import Logging
import Runtime
import ZeroMQ

/// Runs a ``FollowingProcess`` on the two sockets of a stream, and connects them.
struct FollowingLoop: Sendable {
  let journal: ServiceJournal
  let endpoints: StreamEndpoints
  let consumer: String
  let runtime: RuntimeContext
  let logger: Logger
  let show: @Sendable (Subscription) -> Void

  /// A name has a new address.
  private struct Moved: Error {}

  /// Follows until its task is cancelled.
  func run(in context: Context) async throws {
    let stream = endpoints.stream
    var driver = Driver(
      FollowingProcess(
        stream, as: consumer, reading: journal.reactions.versions(in: stream),
        patience: endpoints.patience),
      journal: journal, runtime: runtime)
    let approach = Approach(endpoints: endpoints, runtime: runtime, logger: logger)
    while true {
      do {
        try await approach.retry {
          show(unreachable(driver.process, because: $0))
        } opening: {
          let place = try await approach.wait { reason in
            show(unreachable(driver.process, because: reason))
          }
          try await follow(at: place, approach, in: context, driver: &driver)
        }
        return
      } catch is Moved {}
    }
  }

  private func unreachable(_ process: FollowingProcess, because reason: String) -> Subscription {
    let known =
      process.subscription
      ?? Subscription(
        stream: endpoints.stream, cursor: 0, head: nil, state: .connecting, reason: nil,
        isReady: false)
    return known.away(because: reason)
  }

  /// Follows until its task is cancelled.
  ///
  /// - Throws: ``Moved`` when a name has a new address.
  private func follow(
    at place: StreamEndpoints, _ approach: Approach, in context: Context,
    driver: inout Driver<FollowingProcess>
  ) async throws {
    let prefix = Topic.prefix(ofStream: endpoints.stream)
    try await context.withDealer(
      connectingTo: [place.log], ownedBy: place.owner, settings: .requests
    ) { dealer in
      try await context.withSubscriber(
        connectingTo: [place.events], prefixes: [prefix], ownedBy: place.owner,
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
          case .lookForMove: if try await approach.hasMoved(from: place) { throw Moved() }
          case .count:
            return .counted(lostRequests: dealer.traffic.refused, hasForeign: foreign != nil)
          case .logForeign: foreign.map(approach.logForeign)
          }
          return nil
        }
        try await driver.run(
          on: [
            InputSource(subscriber.messages) { .received($0.map(\.frames)) },
            InputSource(dealer.messages) { .answered($0.map(\.frames)) },
          ], show: { $0.subscription.map(show) }, perform: perform)
      }
    }
  }
}
