import Events
public import Journal
public import Logging
public import Runtime
public import ServiceLifecycle
import Synchronization
import ZeroMQ

/// Connects one service's journal to the wire: publishes its log, answers requests from it, and
/// follows other services' logs into it.
///
/// Committed events are published in order. A follower fetches published events that it has missed,
/// and applies each event once. The courier may be stopped or killed at any moment: all durable
/// state is in the journal.
public final class ServiceCourier: Service {
  private let journal: ServiceJournal
  private let own: StreamEndpoints
  /// The followed streams, each with the addresses of the replicas of its service.
  private let followed: [[StreamEndpoints]]
  /// The roles of this process.
  package let roles: Roles
  private let runtime: RuntimeContext
  private let logger: Logger
  private let state = Mutex(State())

  private struct State {
    /// While the courier runs.
    var context: Context?
    /// The state of the service's two sockets, by endpoint.
    var own: [String: Binding.State] = [:]
    var subscriptions: [String: Subscription] = [:]
    var serving = ServingStatus()
  }

  /// A courier for a journal.
  ///
  /// - Parameters:
  ///   - journal: the journal whose log is published, and to which events are applied.
  ///   - own: the addresses of this service's stream; both are bound.
  ///   - followed: the streams that the journal's reactions are about; a stream whose service has several
  ///     replicas stands there once for each.
  ///   - runtime: clock and randomness.
  ///   - logger: receives gaps, silence and disagreements.
  public convenience init(
    journal: ServiceJournal, own: StreamEndpoints, following followed: [StreamEndpoints],
    runtime: RuntimeContext, logger: Logger
  ) {
    self.init(
      journal: journal, own: own, following: followed, roles: .all, runtime: runtime, logger: logger
    )
  }

  /// A courier as the other initializer makes it, of a process that publishes and follows only while
  /// it has the role.
  package init(
    journal: ServiceJournal, own: StreamEndpoints, following followed: [StreamEndpoints],
    roles: Roles, runtime: RuntimeContext, logger: Logger
  ) {
    self.journal = journal
    self.own = own
    self.followed = followed.groupedByStream
    self.roles = roles
    self.runtime = runtime
    self.logger = logger
    guard roles.replica != nil else { return }
    roles.show { [weak self] in self?.statuses ?? [:] }
  }

  /// The streams that this replica follows, for the others.
  private var statuses: [Role: String] {
    subscriptions.filter { $0.replica == nil && $0.state != .standby }
      .reduce(into: [:]) { $0[.follow($1.stream)] = $1.shared }
  }

  /// The state of each stream that the service follows.
  ///
  /// No stream is ready before the service's own sockets are bound.
  public var subscriptions: [Subscription] {
    state.withLock { state in
      let isBound = state.own.values.count { $0 == .bound } == 2
      let obstacle = state.own.values.lazy.compactMap(\.reason).first
      return followed.map { replicas in
        let stream = replicas[0].stream
        guard roles.has(.follow(stream)) else {
          let shown = roles.lease(of: .follow(stream)).flatMap {
            Subscription($0, isReady: isBound)
          }
          return shown
            ?? Subscription(
              stream: stream, cursor: state.subscriptions[stream]?.cursor ?? 0, head: nil,
              state: .standby, reason: obstacle, isReady: isBound)
        }
        let known = state.subscriptions[stream]
        return Subscription(
          stream: stream, cursor: known?.cursor ?? 0, head: known?.head,
          state: known?.state ?? .connecting, reason: obstacle ?? known?.reason,
          isReady: isBound && isReady(known), isStalled: known?.isStalled ?? false,
          counts: known?.counts ?? Subscription.Counts(), lacks: known?.lacks ?? [])
      }
    }
  }

  /// A replica was ready before it took the role, and stays so while it finds its place.
  private func isReady(_ known: Subscription?) -> Bool {
    guard roles.replica != nil else { return known?.isReady == true }
    return known.map { $0.state != .stopped && !$0.isStalled } ?? true
  }

  /// Publishes, answers and follows until the graceful shutdown or the cancellation of its task.
  ///
  /// A socket that cannot be bound or connected now is tried again until it can.
  ///
  /// - Throws: ``UnusableEndpoint`` when an endpoint can never work, or the journal's own failure.
  public func run() async throws {
    let context = try Context(limits: limits)
    state.withLock { $0.context = context }
    let result = await Result {
      try await cancelWhenGracefulShutdown { try await self.carry(in: context) }
    }
    state.withLock { $0.context = nil }
    await context.close()
    do {
      try result.get()
    } catch is CancellationError {
      logger.debug("the courier has stopped")
    } catch let error as ZeroMQError where [.invalidEndpoint, .pathTooLong].contains(error.code) {
      throw UnusableEndpoint(cause: error)
    }
  }

  private var limits: ContextLimits {
    var limits = ContextLimits()
    limits.heapBytes = own.limits.heapBytes
    limits.connectionsPerProcess = own.limits.connectionsPerProcess
    return limits
  }

  private func carry(in context: Context) async throws {
    try await withThrowingDiscardingTaskGroup { group in
      // Publishing and following commit on this thread.
      group.addTask(executorPreference: journal.writer) {
        try await self.binding(self.own.events).run { endpoint, show in
          try await PublishingLoop(
            journal: self.journal, endpoint: endpoint, roles: self.roles, runtime: self.runtime,
            logger: self.logger, report: self.logDamage
          )
          .run(in: context, show: show)
        }
      }
      group.addTask {
        try await self.binding(self.own.log).run { endpoint, show in
          try await AnsweringLoop(
            journal: self.journal, endpoint: endpoint, runtime: self.runtime,
            logger: self.logger, report: self.show
          )
          .run(in: context, show: show)
        }
      }
      group.addTask {
        try await ConnectionReport(
          journal: self.journal, limits: self.limits, runtime: self.runtime,
          logger: self.logger
        )
        .run()
      }
      for replicas in followed {
        group.addTask(executorPreference: journal.writer) {
          try await self.roles.whileHeld(.follow(replicas[0].stream)) {
            // What an earlier time as the follower has left.
            self.state.withLock { $0.subscriptions[replicas[0].stream] = nil }
            try await self.loop(following: replicas).run(in: context)
          }
        }
      }
    }
  }

  private func show(_ status: ServingStatus) {
    state.withLock { state in
      // The publisher may have found the damage that no request has met.
      let damage = status.damage ?? state.serving.damage
      state.serving = status
      state.serving.damage = damage
    }
  }

  /// The log is damaged: nothing from that place on is published until an operator repairs it.
  private func logDamage(_ damage: DamagedLog) {
    let isNew = state.withLock { state in
      defer { state.serving.damage = "\(damage)" }
      return state.serving.damage != "\(damage)"
    }
    if isNew { logger.critical("\(damage)") }
  }

  private func binding(_ endpoint: String) -> Binding {
    Binding(endpoint: endpoint, runtime: runtime, logger: logger) { state in
      self.state.withLock { $0.own[endpoint] = state }
    }
  }

  private func loop(following replicas: [StreamEndpoints]) -> FollowingLoop {
    FollowingLoop(
      journal: journal, replicas: replicas, consumer: own.stream, runtime: runtime,
      logger: logger
    ) { subscription in
      self.state.withLock { $0.subscriptions[replicas[0].stream] = subscription }
    }
  }
}

extension [StreamEndpoints] {
  /// The addresses of each stream, in the order in which the streams come first.
  fileprivate var groupedByStream: [[StreamEndpoints]] {
    var order: [String] = []
    for stream in map(\.stream) where !order.contains(stream) { order.append(stream) }
    return order.map { stream in filter { $0.stream == stream } }
  }
}

extension ServiceCourier: StreamServer {
  /// The present state of serving the service's own stream.
  public var serving: ServingStatus { state.withLock { $0.serving } }

  /// Returns when the thread of the sockets has come to this call.
  public func answer() async { await state.withLock(\.context)?.answer() }
}

extension Binding.State {
  fileprivate var reason: String? {
    if case .waiting(let reason) = self { reason } else { nil }
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
