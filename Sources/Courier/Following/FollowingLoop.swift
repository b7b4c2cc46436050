import AsyncAlgorithms
import Events
import FoundationEssentials
import Journal
import Logging
import ZeroMQ

/// Follows one stream and applies it to the journal: the thin shell around ``Follower``.
struct FollowingLoop: Sendable {
  let journal: ServiceJournal
  let endpoints: StreamEndpoints
  let consumer: String
  let surroundings: Surroundings
  let logger: Logger
  let show: @Sendable (Subscription) -> Void

  private enum Input: Sendable {
    case heard([Message])
    case answered([Message])
    case tick
  }

  /// Follows until its task is cancelled.
  func run(in context: Context) async throws {
    let stream = endpoints.stream
    let cursor = try await journal.read { try $0.cursor(of: stream) }
    var follower = Follower(
      stream, as: consumer, from: cursor,
      reading: journal.reactions.versions(in: stream), patience: endpoints.patience,
      at: surroundings.uptime())
    var complaints = Complaints()
    show(follower.subscription)
    let approach = Approach(endpoints: endpoints, surroundings: surroundings, logger: logger)
    var isOver = false
    while !isOver {
      isOver = try await approach.retry {
        show(follower.subscription.away(because: $0))
      } opening: {
        let place = try await approach.wait { reason in
          show(follower.subscription.away(because: reason))
        }
        return try await follow(at: place, approach, in: context, &follower, &complaints)
      }
    }
  }

  /// Follows until its task is cancelled, which is over, or a name has got another address.
  private func follow(
    at place: StreamEndpoints, _ approach: Approach, in context: Context,
    _ follower: inout Follower, _ complaints: inout Complaints
  ) async throws -> Bool {
    let prefix = Topic.prefix(ofStream: endpoints.stream)
    return try await context.withDealer(
      connectingTo: [place.log], ownedBy: place.owner, settings: .requests
    ) { dealer in
      try await context.withSubscriber(
        connectingTo: [place.events], prefixes: [prefix], ownedBy: place.owner,
        settings: .subscriber
      ) { subscriber in
        var silence = Silence(approach: approach, place: place)
        var lost: UInt64 = 0
        let inputs = merge(
          subscriber.messages.map(Input.heard), dealer.messages.map(Input.answered),
          AsyncTimerSequence(interval: .milliseconds(200), clock: .continuous).map { _ in .tick })
        for await input in inputs {
          if follower.isStopped { try await heedReset(&follower) }
          if case .tick = input, dealer.traffic.refused > lost {
            lost = dealer.traffic.refused
            follower.lostRequest()
          }
          do {
            for action in decide(input, &follower) {
              if case .report(.away) = action { try await silence.begin() }
              try await perform(action, with: dealer, &follower, &complaints)
            }
            for line in complaints.tick(at: surroundings.uptime()) { logger.warning("\(line)") }
          } catch is StaleCursor {
            try await heedReset(&follower)
          } catch let loss as HistoryLost {
            follower.stop(because: loss)
          }
          show(silence.explain(follower.subscription))
          if case .tick = input {
            silence.tellForeign([subscriber.traffic, dealer.traffic])
            if try await silence.isElsewhere(follower.subscription) { return false }
          }
        }
        return true
      }
    }
  }

  /// An operator may have set the place in the stream elsewhere.
  private func heedReset(_ follower: inout Follower) async throws {
    let stream = endpoints.stream
    let stored = try await journal.read { try $0.cursor(of: stream) }
    follower.heedReset(to: stored, at: surroundings.uptime())
  }

  private func decide(_ input: Input, _ follower: inout Follower) -> [Follower.Action] {
    let now = surroundings.uptime()
    switch input {
    case .heard(let messages): return follower.hear(messages.map(\.frames), at: now)
    case .answered(let messages):
      return messages.flatMap {
        follower.answer($0.frames, at: now, random: surroundings.random())
      }
    case .tick: return follower.tick(at: now, random: surroundings.random())
    }
  }

  private func perform(
    _ action: Follower.Action, with dealer: Dealer, _ follower: inout Follower,
    _ complaints: inout Complaints
  ) async throws {
    switch action {
    case .apply(let records, let place, let cursor):
      let stream = endpoints.stream
      let unknown = try await journal.write {
        try $0.apply(records, of: stream, from: place, through: cursor)
      }
      follower.passOver(unknown)
    case .request(let request): try await dealer.send([Message(request.frames)])
    case .report(.garbage):
      let sentence = "a message on the sockets of \(endpoints.stream) is no event and no beat"
      if let line = complaints.note("garbage", sentence, at: surroundings.uptime()) {
        logger.warning("\(line)")
      }
    case .report(let report): log(report)
    }
  }

  private func log(_ report: Follower.Report) {
    let stream = endpoints.stream
    switch report {
    case .live(let sequence): logger.info("following \(stream) live from \(sequence)")
    case .gap(let sequence):
      logger.notice("events of \(stream) before \(sequence) were not heard, fetching them")
    case .away, .garbage: break
    case .stalled(let reason): logger.error("following \(stream) is stalled: \(reason)")
    case .resumed: logger.notice("following \(stream) goes on")
    case .unacknowledged(let refusal):
      logger.warning(
        "\(stream) does not take the acknowledgements of \(consumer): \(refusal.message)")
    case .lacks(let versions):
      for version in versions {
        logger.log(
          level: version.isReadable ? .notice : .warning,
          "\(version.sentence(stream: stream, consumer: consumer))")
      }
    case .stopped(let refusal):
      logger.error(
        """
        following \(stream) has stopped: \
        \(refusal.sentence(consumer: consumer, stream: stream))
        """)
    }
  }
}
