package import Events
package import Tracing

/// The place of a span, as a context of swift-distributed-tracing carries it.
struct SpanPlace: Hashable, Sendable {
  var trace: TraceParent
  var state: TraceState?
  var isRemote = false
}

private enum SpanPlaceKey: InstrumentationContextKey {
  typealias Value = SpanPlace
  static let nameOverride: String? = "eventually.span"
}

extension InstrumentationContext {
  /// The present span.
  var place: SpanPlace? {
    get { self[SpanPlaceKey.self] }
    set { self[SpanPlaceKey.self] = newValue }
  }

  /// The context of a step of work in a service: spans that begin in it are parts of the reaction
  /// to the causing event, or of the request.
  package static func step(of work: Correlation, in service: String) -> InstrumentationContext {
    var context = InstrumentationContext.topLevel
    context.place = SpanPlace(trace: work.step(in: service), state: work.traceState)
    return context
  }
}
