import CoreMetrics
import Events
import HTTPTypes
import Journal
import Runtime
package import Tracing

/// The tracer of a service: it keeps the spans that have ended until ``SpanExport`` sends them.
///
/// There is one only where `<service>.traces.endpoint` is set. Nothing is recorded otherwise.
package final class ServiceTracer: Tracer {
  let service: String
  /// The address to which spans are sent.
  let address: String
  let resource: TraceResource
  let queue = SpanQueue()
  private let exported: Counter
  private let overflown: Counter
  private let refused: Counter
  private let runtime: RuntimeContext

  /// Nil where no endpoint is configured.
  ///
  /// - Parameters:
  ///   - room: the service.
  ///   - configuration: its configuration.
  ///   - instance: an id of this run of the service.
  ///   - runtime: clock and randomness.
  ///   - metrics: counts the spans; nil for nowhere.
  init?(
    _ room: any Room.Type, configuration: ServiceConfiguration, instance: String,
    runtime: RuntimeContext, metrics: (any MetricsFactory)?
  ) {
    var endpoint = configuration[TraceKeys.endpoint]
    guard !endpoint.isEmpty else { return nil }
    while endpoint.hasSuffix("/") { endpoint.removeLast() }
    address = endpoint + "/v1/traces"
    service = room.name
    resource = TraceResource(service: room.name, version: room.version, instance: instance)
    self.runtime = runtime
    let metrics = metrics ?? NOOPMetricsHandler.instance
    func dropped(_ reason: String) -> Counter {
      Counter(
        label: CommonMetrics.droppedSpans.name, dimensions: [("reason", reason)], factory: metrics)
    }
    exported = Counter(label: CommonMetrics.exportedSpans.name, factory: metrics)
    overflown = dropped("queue")
    refused = dropped("collector")
  }

  func append(_ work: some Collection<RecordedWork>) {
    let dropped = queue.append(work)
    if dropped > 0 { overflown.increment(by: dropped) }
  }

  /// Counts spans that the collector has accepted.
  func countExported(_ count: Int) { exported.increment(by: count) }

  /// Counts spans that the collector has not accepted.
  func countRefused(_ count: Int) { refused.increment(by: count) }

  /// The span of recorded work.
  func span(of work: RecordedWork) -> FinishedSpan? {
    switch work {
    case .span(let span): span
    case .event(let record): record.span(in: service, random: runtime.random)
    }
  }
}

// MARK: The shell's own spans

extension ServiceTracer {
  /// Records the outcomes of a commit, on the thread that has committed.
  func observe(_ commit: ServiceJournal.Commit) {
    guard !commit.outcomes.isEmpty else { return }
    let now = runtime.now()
    var emitted: Set<Identifier> = []
    append(
      commit.outcomes.compactMap { outcome in
        if outcome.kind == .emitted, let id = outcome.id { emitted.insert(id) }
        let isOwnConsequence = outcome.correlation?.causationID.map(emitted.contains) ?? false
        return EventRecord(
          outcome, isOwnConsequence: isOwnConsequence, at: now, took: commit.took
        ).map(RecordedWork.event)
      })
  }

  /// Records a request that was answered; probes have no span.
  func record(
    _ request: Request, route: Route?, status: HTTPResponse.Status, took time: Duration
  ) {
    guard request.correlation.trace.isSampled, !probePaths.contains(request.path) else { return }
    let span = FinishedSpan(
      request, route: route?.path, status: status, end: runtime.now().nanoseconds, took: time)
    append(CollectionOfOne(.span(span)))
  }
}

extension ServiceTracer? {
  /// Does work with its span as the present one, for spans that begin in it.
  func continuing<Value>(_ work: Correlation, _ operation: () async -> Value) async -> Value {
    guard let tracer = self else { return await operation() }
    let context = InstrumentationContext.step(of: work, in: tracer.service)
    return await InstrumentationContext.$current.withValue(context) { await operation() }
  }
}

// MARK: swift-distributed-tracing

extension ServiceTracer {
  /// Begins a span: a part of the context's span, else of the present work, else a trace of its own.
  package func startSpan<Instant: TracerInstant>(
    _ operationName: String, context: @autoclosure () -> InstrumentationContext,
    ofKind kind: SpanKind, at instant: @autoclosure () -> Instant, function: String,
    file fileID: String, line: UInt
  ) -> RecordedSpan {
    let context = context()
    let work = Correlation.current
    let parent =
      context.place ?? work.map { SpanPlace(trace: $0.step(in: service), state: $0.traceState) }
    let trace = parent?.trace.span(runtime.random()) ?? .random(in: runtime)
    return RecordedSpan(
      operationName, kind: kind, place: SpanPlace(trace: trace, state: parent?.state),
      parent: parent.map { .init(place: $0.trace, isRemote: $0.isRemote) }, work: work,
      context: context, start: instant().nanosecondsSinceEpoch, tracer: self)
  }

  /// Begins a span.
  package func startAnySpan<Instant: TracerInstant>(
    _ operationName: String, context: @autoclosure () -> InstrumentationContext,
    ofKind kind: SpanKind, at instant: @autoclosure () -> Instant, function: String,
    file fileID: String, line: UInt
  ) -> any Tracing.Span {
    startSpan(
      operationName, context: context(), ofKind: kind, at: instant(), function: function,
      file: fileID, line: line)
  }

  /// Asks for an export now, and does not wait for it.
  package func forceFlush() { queue.wake() }

  /// Takes the place of a caller from `traceparent` and `tracestate`.
  package func extract<Carrier, Extract: Extractor>(
    _ carrier: Carrier, into context: inout InstrumentationContext, using extractor: Extract
  ) where Extract.Carrier == Carrier {
    guard
      let trace = extractor.extract(key: "traceparent", from: carrier).flatMap(TraceParent.init)
    else { return }
    let state = extractor.extract(key: "tracestate", from: carrier).flatMap(TraceState.init)
    context.place = SpanPlace(trace: trace, state: state, isRemote: true)
  }

  /// Passes the place of the present span as `traceparent` and `tracestate`.
  package func inject<Carrier, Inject: Injector>(
    _ context: InstrumentationContext, into carrier: inout Carrier, using injector: Inject
  ) where Inject.Carrier == Carrier {
    guard let place = context.place else { return }
    injector.inject(place.trace.description, forKey: "traceparent", into: &carrier)
    guard let state = place.state else { return }
    injector.inject(state.description, forKey: "tracestate", into: &carrier)
  }
}
