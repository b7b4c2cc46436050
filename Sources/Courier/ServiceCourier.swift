public import Events
public import Journal
public import Logging
public import ServiceLifecycle
import Synchronization
import ZeroMQ

/// Carries one service's journal to the wire and back: publishes its log, answers questions from
/// it, and follows other services' logs into it.
///
/// It promises that what was committed is published in order, that what was published and not
/// heard is fetched, and that what is heard is applied once. It may be stopped and killed at any
/// moment: all that must last is in the journal.
public final class ServiceCourier: Service {
  private let journal: ServiceJournal
  private let own: StreamEndpoints
  private let followed: [StreamEndpoints]
  private let surroundings: Surroundings
  private let logger: Logger
  private let state = Mutex(State())

  private struct State {
    /// How many of the two own sockets are bound.
    var bound = 0
    var subscriptions: [String: Subscription] = [:]
    var serving = ServingStatus()
  }

  /// A courier for a journal.
  ///
  /// - Parameters:
  ///   - journal: what is published and what is applied to.
  ///   - own: where this service's stream is reached; both addresses are bound.
  ///   - followed: the streams that the journal's reactions are about.
  ///   - surroundings: clock and randomness.
  ///   - logger: where gaps, silence and disagreements are told.
  public init(
    journal: ServiceJournal, own: StreamEndpoints, following followed: [StreamEndpoints],
    surroundings: Surroundings, logger: Logger
  ) {
    self.journal = journal
    self.own = own
    self.followed = followed
    self.surroundings = surroundings
    self.logger = logger
  }

  /// How the service stands with each stream that it follows.
  ///
  /// None is ready before the service's own sockets are bound.
  public var subscriptions: [Subscription] {
    state.withLock { state in
      followed.map { endpoints in
        let known = state.subscriptions[endpoints.stream]
        return Subscription(
          stream: endpoints.stream, cursor: known?.cursor ?? 0, head: known?.head,
          state: known?.state ?? .connecting, reason: known?.reason,
          isReady: state.bound == 2 && known?.isReady == true,
          isStalled: known?.isStalled ?? false,
          counts: known?.counts ?? Subscription.Counts(), lacks: known?.lacks ?? [])
      }
    }
  }

  /// Publishes, answers and follows until the graceful shutdown or the cancellation of its task.
  ///
  /// - Throws: ``UnusableEndpoint`` when a socket cannot be bound, or the journal's own failure.
  public func run() async throws {
    let context = try Context()
    let result = await Result {
      try await cancelWhenGracefulShutdown { try await self.carry(in: context) }
    }
    await context.close()
    do {
      try result.get()
    } catch is CancellationError {
      logger.debug("the courier has stopped")
    } catch let error as ZeroMQError where error.isOfEndpoint {
      throw UnusableEndpoint(cause: error)
    }
  }

  private func carry(in context: Context) async throws {
    let bound: @Sendable () -> Void = { self.state.withLock { $0.bound += 1 } }
    try await withThrowingDiscardingTaskGroup { group in
      group.addTask {
        try await PublishingLoop(
          journal: self.journal, endpoint: self.own.events, surroundings: self.surroundings,
          logger: self.logger, report: self.tell
        )
        .run(in: context, whenBound: bound)
      }
      group.addTask {
        try await AnsweringLoop(
          journal: self.journal, endpoint: self.own.log, surroundings: self.surroundings,
          logger: self.logger, report: { change in self.state.withLock { change(&$0.serving) } }
        )
        .run(in: context, whenBound: bound)
      }
      for endpoints in followed {
        group.addTask { try await self.loop(following: endpoints).run(in: context) }
      }
    }
  }

  /// What is to be published is damaged: nothing after it is, until an operator repairs the log.
  private func tell(_ damage: DamagedLog) {
    let isNew = state.withLock { state in
      defer { state.serving.damage = "\(damage)" }
      return state.serving.damage != "\(damage)"
    }
    if isNew { logger.critical("\(damage)") }
  }

  private func loop(following endpoints: StreamEndpoints) -> FollowingLoop {
    FollowingLoop(
      journal: journal, endpoints: endpoints, consumer: own.stream, surroundings: surroundings,
      logger: logger
    ) { subscription in
      self.state.withLock { $0.subscriptions[endpoints.stream] = subscription }
    }
  }
}

extension ServiceCourier: StreamServer {
  /// How the service's own stream is served, now.
  public var serving: ServingStatus { state.withLock { $0.serving } }
}

/// An endpoint in the configuration that cannot be used.
public struct UnusableEndpoint: NeedsMending, CustomStringConvertible {
  let cause: ZeroMQError

  /// The endpoint and the remedy, for people.
  public var description: String { "\(cause)" }
}

extension ZeroMQError {
  /// Whether it is the address itself that is wrong.
  fileprivate var isOfEndpoint: Bool {
    let codes: [Code] = [
      .addressInUse, .addressNotAvailable, .invalidEndpoint, .noSuchDirectory, .pathTooLong,
      .permission,
    ]
    return codes.contains(code)
  }
}

extension Result where Failure == any Error {
  fileprivate init(catching body: () async throws -> Success) async {
    do {
      self = .success(try await body())
    } catch {
      self = .failure(error)
    }
  }
}
