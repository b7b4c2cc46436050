import Events
import Tracing

/// The body of a request to a collector: spans in the JSON mapping of OTLP 1.x.
///
/// Ids are hexadecimal, enumerations are numbers, and 64-bit numbers are strings.
struct TracesRequest: Encodable {
  private let resourceSpans: [ResourceSpans]

  init(_ spans: [FinishedSpan], from resource: TraceResource) {
    resourceSpans = [
      ResourceSpans(
        resource: Resource(attributes: resource.attributes.map(KeyValue.init)),
        scopeSpans: [
          ScopeSpans(
            scope: Scope(name: "eventually", version: resource.version),
            spans: spans.map(Span.init))
        ])
    ]
  }

  fileprivate struct ResourceSpans: Encodable {
    let resource: Resource
    let scopeSpans: [ScopeSpans]
  }

  fileprivate struct Resource: Encodable {
    let attributes: [KeyValue]
  }

  fileprivate struct ScopeSpans: Encodable {
    let scope: Scope
    let spans: [Span]
  }

  fileprivate struct Scope: Encodable {
    let name: String
    let version: String
  }

  fileprivate struct Span: Encodable {
    let traceId: String
    let spanId: String
    let parentSpanId: String?
    let traceState: String?
    let flags: UInt32
    let name: String
    let kind: Int
    let startTimeUnixNano: String
    let endTimeUnixNano: String
    let attributes: [KeyValue]
    let events: [Event]?
    let links: [Link]?
    let status: Status?
  }

  fileprivate struct Event: Encodable {
    let timeUnixNano: String
    let name: String
    let attributes: [KeyValue]
  }

  fileprivate struct Link: Encodable {
    let traceId: String
    let spanId: String
    let flags: UInt32
    let attributes: [KeyValue]?
  }

  fileprivate struct Status: Encodable {
    let code: Int
    let message: String?
  }

  fileprivate struct KeyValue: Encodable {
    let key: String
    let value: AnyValue

    init(_ attribute: FinishedSpan.Attribute) {
      key = attribute.name
      value = AnyValue(attribute: attribute.value)
    }
  }
}

extension TracesRequest.Span {
  fileprivate init(_ span: FinishedSpan) {
    traceId = span.place.traceID
    spanId = span.place.spanID
    parentSpanId = span.parent?.place.spanID
    traceState = span.state?.description
    flags = span.place.flags(isParentRemote: span.parent?.isRemote ?? false)
    name = span.name.cut(to: 200)
    kind =
      switch span.kind {
      case .internal: 1
      case .server: 2
      case .client: 3
      case .producer: 4
      case .consumer: 5
      }
    startTimeUnixNano = String(span.start)
    endTimeUnixNano = String(span.end)
    attributes = span.attributes.prefix(TracesRequest.maxAttributes).map(
      TracesRequest.KeyValue.init)
    events = span.events.isEmpty ? nil : span.events.map(TracesRequest.Event.init)
    links = span.links.isEmpty ? nil : span.links.map(TracesRequest.Link.init)
    status = span.status.map {
      TracesRequest.Status(code: $0.code == .ok ? 1 : 2, message: $0.message?.cut(to: 500))
    }
  }
}

extension TracesRequest {
  /// How many attributes a span has at most.
  fileprivate static let maxAttributes = 128
}

extension TracesRequest.Event {
  fileprivate init(_ event: SpanEvent) {
    timeUnixNano = String(event.nanosecondsSinceEpoch)
    name = event.name.cut(to: 200)
    attributes = event.attributes.sorted.map(TracesRequest.KeyValue.init)
  }
}

extension TracesRequest.Link {
  fileprivate init(_ link: FinishedSpan.Link) {
    traceId = link.place.traceID
    spanId = link.place.spanID
    flags = link.place.flags(isParentRemote: false)
    attributes = link.attributes.isEmpty ? nil : link.attributes.map(TracesRequest.KeyValue.init)
  }
}

extension TraceParent {
  /// The flags of OTLP: those of W3C, and whether the parent is another process's, which is known.
  fileprivate func flags(isParentRemote: Bool) -> UInt32 {
    (isSampled ? 1 : 0) | 0x100 | (isParentRemote ? 0x200 : 0)
  }
}
