import Events
import Synchronization
package import Tracing

/// A span that is under way; it is exported when it ends.
package final class RecordedSpan: Span {
  /// The context in which its parts begin.
  package let context: InstrumentationContext
  /// Whether it will be exported: the system that began the trace may not record it.
  package let isRecording: Bool
  private let tracer: ServiceTracer
  private let place: SpanPlace
  private let parent: FinishedSpan.Parent?
  private let work: Correlation?
  private let kind: SpanKind
  private let start: UInt64
  private let state: Mutex<State>

  private struct State {
    var name: String
    var attributes: SpanAttributes = [:]
    var events: [SpanEvent] = []
    var links: [FinishedSpan.Link] = []
    var status: SpanStatus?
    var hasEnded = false
  }

  init(
    _ name: String, kind: SpanKind, place: SpanPlace, parent: FinishedSpan.Parent?,
    work: Correlation?, context: InstrumentationContext, start: UInt64, tracer: ServiceTracer
  ) {
    var context = context
    context.place = place
    self.context = context
    self.place = place
    self.parent = parent
    self.work = work
    self.kind = kind
    self.start = start
    self.tracer = tracer
    isRecording = place.trace.isSampled
    state = Mutex(State(name: name))
  }

  /// The name of the operation.
  package var operationName: String {
    get { state.withLock { $0.name } }
    set { change { $0.name = newValue } }
  }

  /// The attributes.
  package var attributes: SpanAttributes {
    get { state.withLock { $0.attributes } }
    set { change { $0.attributes = newValue } }
  }

  /// Sets the status.
  package func setStatus(_ status: SpanStatus) {
    change { $0.status = status }
  }

  /// Adds an event; of more than 128 the later ones are left out.
  package func addEvent(_ event: SpanEvent) {
    change { if $0.events.count < 128 { $0.events.append(event) } }
  }

  /// Adds an event that describes an error.
  package func recordError<Instant: TracerInstant>(
    _ error: any Error, attributes: SpanAttributes, at instant: @autoclosure () -> Instant
  ) {
    var attributes = attributes
    attributes["exception.type"] = "\(type(of: error))"
    attributes["exception.message"] = "\(error)"
    addEvent(SpanEvent(name: "exception", at: instant(), attributes: attributes))
  }

  /// Adds a link to a span of this tracer; of more than 128 the later ones are left out.
  package func addLink(_ link: SpanLink) {
    guard let linked = link.context.place else { return }
    let attributes = link.attributes.sorted
    change {
      guard $0.links.count < 128 else { return }
      $0.links.append(.init(place: linked.trace, attributes: attributes))
    }
  }

  /// Ends the span once; further calls change nothing.
  package func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
    guard isRecording else { return }
    let ended: State? = state.withLock { state in
      guard !state.hasEnded else { return nil }
      state.hasEnded = true
      return state
    }
    guard let ended else { return }
    var span = FinishedSpan(
      ended.name, kind: kind, place: place.trace, parent: parent, state: place.state,
      start: start, end: instant().nanosecondsSinceEpoch)
    span.attributes = ended.attributes.sorted
    if let work { span.set(work) }
    span.events = ended.events
    span.links = ended.links
    span.status = ended.status
    tracer.append([.span(span)])
  }

  private func change(_ change: (inout State) -> Void) {
    guard isRecording else { return }
    state.withLock { state in
      if !state.hasEnded { change(&state) }
    }
  }
}

extension SpanAttributes {
  /// In the order of their names.
  var sorted: [FinishedSpan.Attribute] {
    var all: [FinishedSpan.Attribute] = []
    forEach { all.append(.init(name: $0, value: $1)) }
    return all.sorted { $0.name < $1.name }
  }
}
