import Events
import Runtime
import Tracing

/// A span that has ended, as it is exported.
struct FinishedSpan: Sendable {
  /// The span that this one is a part of.
  struct Parent: Hashable, Sendable {
    let place: TraceParent
    /// Whether another process has it.
    let isRemote: Bool
  }

  /// A named value of a span.
  struct Attribute: Sendable {
    let name: String
    let value: SpanAttribute
  }

  /// A span of another trace that caused this one.
  struct Link: Sendable {
    let place: TraceParent
    var attributes: [Attribute] = []
  }

  /// Its own place: the trace, the span and the flags.
  let place: TraceParent
  let parent: Parent?
  let state: TraceState?
  var name: String
  let kind: SpanKind
  /// In nanoseconds since 1970.
  let start: UInt64
  /// In nanoseconds since 1970; not before the start.
  let end: UInt64
  var attributes: [Attribute] = []
  var events: [SpanEvent] = []
  var links: [Link] = []
  var status: SpanStatus?

  init(
    _ name: String, kind: SpanKind, place: TraceParent, parent: Parent?, state: TraceState?,
    start: UInt64, end: UInt64
  ) {
    self.name = name
    self.kind = kind
    self.place = place
    self.parent = parent
    self.state = state
    self.start = start
    self.end = max(start, end)
  }

  mutating func set(_ name: String, _ value: SpanAttribute) {
    attributes.append(Attribute(name: name, value: value))
  }

  /// Adds the ids by which the lines of the work are found in the log.
  mutating func set(_ work: Correlation) {
    set("eventually.correlation_id", .string(work.id))
    if let requestID = work.requestID { set("http.request.id", .string(requestID)) }
    if let causationID = work.causationID {
      set("eventually.causation_id", .string(causationID.description))
    }
  }
}

extension Timestamp {
  /// In nanoseconds since 1970, as OTLP has times.
  var nanoseconds: UInt64 { microseconds.multipliedReportingOverflow(by: 1000).partialValue }
}
