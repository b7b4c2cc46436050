import Courier
import Events
import FoundationEssentials
import HTTPTypes
import Journal
import Runtime

/// Answers `GET /metrics`: the values that were counted, beside those that are computed now.
struct Scrape: Sendable {
  let metrics: ServiceMetrics
  let readiness: @Sendable () -> Readiness.State
  /// The composed service; nil while its start waits.
  var assembly: Assembly?
  /// The space on the journal's disk; nil where it is not measured.
  var space: FreeSpace?
  var droppedLines: @Sendable () -> Int = { 0 }

  /// The route; without a composed service, it reads no journal.
  var route: Route {
    guard assembly != nil else { return .plain(metricsPath) { response(to: $0) } }
    var route = Route.query(metricsPath) { try response(to: $0, snapshot: $1) }
    route.unreadable = { response(to: $0) }
    return route
  }

  private func response(to request: Request, snapshot: Snapshot) throws -> Response {
    let stored = try assembly.map { try families(of: $0, in: snapshot) } ?? []
    return response(to: request, stored: stored + [readable(true)])
  }

  /// The response while the journal cannot be read: the rest is needed then above all.
  private func response(to request: Request) -> Response {
    response(to: request, stored: assembly == nil ? [] : [readable(false)])
  }

  private func response(to request: Request, stored: [MetricFamily]) -> Response {
    let format = PrometheusText.Format(accept: request.headers[.accept])
    let families = metrics.registry.present + own + ProcessStatus.present.families + stored
    let text = PrometheusText.text(families.filter { !$0.samples.isEmpty }, as: format)
    return Response(
      status: .ok, headers: [.contentType: format.contentType, .cacheControl: "no-store"],
      body: Data(text.utf8))
  }

  private func readable(_ isReadable: Bool) -> MetricFamily {
    MetricFamily(CommonMetrics.journalReadable, value: isReadable ? 1 : 0)
  }

  /// The values of the machine, as they were measured last.
  private var machine: [MetricFamily] {
    let space = space?.status
    let clock = assembly?.journal.clockStatus
    return [
      MetricFamily(
        CommonMetrics.clockJump, value: clock.map { ($0.doubt?.distance ?? .zero).value }),
      MetricFamily(
        CommonMetrics.clockBehindLog, value: clock.map { ($0.behindLog ?? .zero).value }),
      MetricFamily(CommonMetrics.diskFree, value: space.map { Double($0.free) }),
      MetricFamily(CommonMetrics.diskWarning, value: space.map { Double($0.warning) }),
      MetricFamily(CommonMetrics.diskReserve, value: space.map { Double($0.reserve) }),
    ]
  }

  /// The values that are in memory.
  private var own: [MetricFamily] {
    machine + [
      MetricFamily(CommonMetrics.buildInfo, values: [(metrics.build, 1)]),
      MetricFamily(CommonMetrics.ready, value: readiness().isReady ? 1 : 0),
      MetricFamily(CommonMetrics.droppedLines, value: Double(droppedLines())),
      MetricFamily(
        CommonMetrics.journalBytes,
        values: (assembly?.journal.fileSizes).map {
          [(["database"], Double($0.database)), (["wal"], Double($0.log))]
        } ?? []),
      MetricFamily(
        CommonMetrics.lastBackup, value: assembly?.journal.lastBackupAt.map(Self.seconds)),
      MetricFamily(
        CommonMetrics.refusedRequests, value: assembly?.serving.map { Double($0.refused) }),
      MetricFamily(
        CommonMetrics.droppedRequests, value: assembly?.serving.map { Double($0.dropped) }),
    ]
  }
}

// MARK: From the journal

extension Scrape {
  private func families(of assembly: Assembly, in snapshot: Snapshot) throws -> [MetricFamily] {
    let head = try snapshot.head()
    let now = assembly.journal.wallClock
    return [
      MetricFamily(CommonMetrics.logHead, value: Double(head.sequence)),
      MetricFamily(CommonMetrics.logFloor, value: Double(head.floor)),
    ] + (try following(assembly.subscriptions(), in: snapshot))
      + (try consumers(at: head, in: snapshot)) + (try deferred(in: snapshot))
      + (try metrics.gauges.map { gauge in
        MetricFamily(
          gauge.declaration,
          values: try gauge.values(snapshot, now).map { ($0.labels, $0.value) })
      })
  }

  private func following(_ subscriptions: [Subscription], in snapshot: Snapshot) throws
    -> [MetricFamily]
  {
    func counts(
      _ declaration: MetricDeclaration, _ count: (Subscription.Counts) -> UInt64
    ) -> MetricFamily {
      MetricFamily(
        declaration,
        values: subscriptions.map {
          ([$0.stream], $0.replica == nil ? Double(count($0.counts)) : 0)
        })
    }
    // The courier's cursor may be a moment ahead of the committed one.
    let lags = try subscriptions.filter { $0.replica == nil }.compactMap { subscription in
      try subscription.head.map { head in
        let cursor = try snapshot.cursor(of: subscription.stream).sequence
        return (labels: [subscription.stream], value: Double(head - min(head, cursor)))
      }
    }
    let states = subscriptions.flatMap { subscription in
      // A stream that another replica follows is in that one's metrics.
      let present = subscription.replica == nil ? subscription.state : .standby
      return Subscription.State.allCases.map { state in
        (labels: [subscription.stream, state.label], value: present == state ? 1.0 : 0.0)
      }
    }
    return [
      MetricFamily(CommonMetrics.followerLag, values: lags),
      MetricFamily(CommonMetrics.followerState, values: states),
      counts(CommonMetrics.gaps, \.gaps), counts(CommonMetrics.recovered, \.recovered),
      counts(CommonMetrics.duplicates, \.duplicates), counts(CommonMetrics.unknown, \.unknown),
    ]
  }

  private func consumers(at head: Head, in snapshot: Snapshot) throws -> [MetricFamily] {
    let consumers = try snapshot.consumers()
    return [
      MetricFamily(
        CommonMetrics.consumerLag,
        values: consumers.map {
          ([$0.name], Double(head.sequence - min(head.sequence, $0.cursor)))
        }),
      MetricFamily(
        CommonMetrics.consumerSeen,
        values: consumers.compactMap { consumer in
          consumer.seenAt.map { ([consumer.name], Self.seconds($0)) }
        }),
    ]
  }

  /// Seconds since 1970.
  private static func seconds(_ time: Timestamp) -> Double { Double(time.microseconds) / 1_000_000 }

  private func deferred(in snapshot: Snapshot) throws -> [MetricFamily] {
    let counts = try snapshot.deferredCounts()
    func count(_ state: DeadLetter.State) -> Double { Double(counts[state] ?? 0) }
    return [
      MetricFamily(CommonMetrics.deadLetters, value: count(.dead)),
      MetricFamily(CommonMetrics.heldBack, value: count(.behind)),
      MetricFamily(
        CommonMetrics.deferredEvents,
        values: [(["retrying"], count(.retrying)), (["waiting"], count(.waiting))]),
    ]
  }
}

extension Subscription.State {
  /// The value of the label `state`.
  fileprivate var label: String {
    self == .catchingUp ? "catching_up" : rawValue
  }
}

extension Duration {
  /// In seconds.
  fileprivate var value: Double { self / .seconds(1) }
}
