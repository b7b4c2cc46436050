import CoreMetrics
import Events
import HTTPTypes
import Journal
import Runtime
import Synchronization

/// The metrics of one service: those that it counts while it runs, and those that a scrape computes.
package final class ServiceMetrics: Sendable {
  let registry: MetricsRegistry
  /// The gauges that the service declares.
  let gauges: [JournalGauge]
  /// The service and its version.
  let build: [String]
  private let clock: @Sendable () -> Timestamp
  private let commitDuration: CoreMetrics.Timer
  private let groupSize: Recorder
  private let openStreams: Meter
  private let state: Mutex<State>

  /// The places of values that are found again without swift-metrics, and so without its arrays of
  /// labels.
  private struct State {
    var emitted: [Topic: Counter] = [:]
    var outcomes: [Consumed: Counter] = [:]
    var reactions: [Topic: Times] = [:]
    var requests: [RequestKey: CoreMetrics.Timer] = [:]
  }

  private struct Consumed: Hashable {
    let stream: String
    let outcome: String
  }

  private struct Times {
    let critical: CoreMetrics.Timer
    let processing: CoreMetrics.Timer
  }

  private struct RequestKey: Hashable {
    let method: String
    let route: String
    let status: Int
  }

  /// - Parameters:
  ///   - room: the service, with its own metrics.
  ///   - clock: the wall clock.
  init(_ room: any Room.Type, clock: @escaping @Sendable () -> Timestamp) {
    registry = MetricsRegistry(CommonMetrics.all + room.metrics + room.gauges.map(\.declaration))
    gauges = room.gauges
    build = [room.name, room.version]
    self.clock = clock
    commitDuration = Timer(label: CommonMetrics.commitDuration.name, factory: registry)
    groupSize = Recorder(label: CommonMetrics.commitGroupSize.name, factory: registry)
    openStreams = Meter(label: CommonMetrics.openStreams.name, factory: registry)
    state = Mutex(State())
    // A counter that is 0 from the start shows its first increase.
    for event in room.publishes {
      let topic = Topic(
        stream: room.name, type: event.schema.type, version: event.schema.version)
      state.withLock { _ = emitted(topic, in: &$0) }
    }
  }
}

// MARK: Commits

extension ServiceMetrics {
  /// Takes a commit, on the thread that has committed.
  func observe(_ commit: ServiceJournal.Commit) {
    commitDuration.recordNanoseconds(commit.took.nanoseconds)
    if commit.members > 0 { groupSize.record(commit.members) }
    guard !commit.outcomes.isEmpty else { return }
    let now = clock()
    state.withLock { state in
      for outcome in commit.outcomes { observe(outcome, at: now, in: &state) }
    }
  }

  private func observe(_ outcome: EventOutcome, at now: Timestamp, in state: inout State) {
    guard outcome.kind != .emitted else {
      return emitted(outcome.topic, in: &state).increment()
    }
    let key = Consumed(stream: outcome.topic.stream, outcome: outcome.kind.word)
    if let counter = state.outcomes[key] {
      counter.increment()
    } else {
      let counter = Counter(
        label: CommonMetrics.consumedEvents.name,
        dimensions: [("stream", key.stream), ("outcome", key.outcome)], factory: registry)
      state.outcomes[key] = counter
      counter.increment()
    }
    guard outcome.kind == .applied else { return }
    let times = times(outcome.topic, in: &state)
    times.critical.recordNanoseconds(now.since(outcome.committedAt).nanoseconds)
    times.processing.recordNanoseconds(outcome.took.nanoseconds)
  }

  private func emitted(_ topic: Topic, in state: inout State) -> Counter {
    if let counter = state.emitted[topic] { return counter }
    let counter = Counter(
      label: CommonMetrics.logEvents.name,
      dimensions: [("type", topic.type), ("version", "\(topic.version)")], factory: registry)
    state.emitted[topic] = counter
    return counter
  }

  /// The versions of a type share their times.
  private func times(_ topic: Topic, in state: inout State) -> Times {
    if let times = state.reactions[topic] { return times }
    let labels = [("stream", topic.stream), ("type", topic.type)]
    let times = Times(
      critical: Timer(
        label: CommonMetrics.criticalTime.name, dimensions: labels, factory: registry),
      processing: Timer(
        label: CommonMetrics.processingTime.name, dimensions: labels, factory: registry))
    state.reactions[topic] = times
    return times
  }
}

extension EventOutcome.Kind {
  /// The value of the label `outcome`.
  fileprivate var word: String {
    switch self {
    case .emitted: "emitted"
    case .applied: "applied"
    case .waiting: "waiting"
    case .retrying: "retrying"
    case .dead: "dead"
    case .discarded: "discarded"
    case .behind: "held_back"
    case .unknown: "unknown"
    }
  }
}

// MARK: Requests

extension ServiceMetrics {
  /// Takes a request that was answered.
  ///
  /// - Parameters:
  ///   - method: the method as it was sent.
  ///   - route: the route's template; nil where no route has the path.
  ///   - status: the status of the response.
  ///   - time: the time from the complete request to the response.
  func observe(
    _ method: HTTPRequest.Method, route: String?, status: Int, took time: Duration
  ) {
    let key = RequestKey(
      method: Self.methods.contains(method) ? method.rawValue : "_OTHER",
      route: route ?? "none", status: status)
    let timer = state.withLock { state in
      if let timer = state.requests[key] { return timer }
      let timer = Timer(
        label: CommonMetrics.requestDuration.name,
        dimensions: [
          ("method", key.method), ("route", key.route), ("status", "\(key.status)"),
        ], factory: registry)
      state.requests[key] = timer
      return timer
    }
    timer.recordNanoseconds(time.nanoseconds)
  }

  /// Takes the number of open streams.
  func observe(openStreams count: Int) {
    openStreams.set(count)
  }

  /// Other methods are one value of the label: a client may send any.
  private static let methods: Set<HTTPRequest.Method> = [
    .get, .head, .post, .put, .delete, .connect, .options, .trace, .patch,
  ]
}

extension Duration {
  /// In nanoseconds, as many as a number holds.
  var nanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (product, isTooLarge) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    return isTooLarge ? .max : product &+ attoseconds / 1_000_000_000
  }
}
