import Events
import HTTPTypes
import Tracing

extension FinishedSpan {
  /// The span of a request over HTTP, with the attributes of OpenTelemetry's conventions.
  ///
  /// - Parameters:
  ///   - request: the request, with its place in the trace.
  ///   - route: the template of its route; nil where no route has the path.
  ///   - status: the status of the response.
  ///   - end: when the response was made, in nanoseconds since 1970.
  ///   - time: the time from the complete request to the response.
  init(
    _ request: Request, route: String?, status: HTTPResponse.Status, end: UInt64,
    took time: Duration
  ) {
    let work = request.correlation
    let sent = request.method.rawValue
    let method = knownMethods.contains(sent) ? sent : "_OTHER"
    let name = method == "_OTHER" ? "HTTP" : method
    let nanoseconds = UInt64(clamping: time.nanoseconds)
    self.init(
      route.map { "\(name) \($0)" } ?? name, kind: .server, place: work.trace,
      parent: request.headers[.traceParent].flatMap(TraceParent.init).map {
        .init(place: $0, isRemote: true)
      },
      state: work.traceState, start: end - min(nanoseconds, end), end: end)
    set("http.request.method", .string(method))
    if method != sent { set("http.request.method_original", .string(sent)) }
    if let route { set("http.route", .string(route)) }
    set("url.path", .string(request.path.isEmpty ? "/" : request.path))
    set("url.scheme", "http")
    set("http.response.status_code", .int64(Int64(status.code)))
    set(work)
    if status.code >= 500 {
      fail("\(status.code)", reason: nil)
    } else {
      set("event.outcome", status.code < 400 ? "success" : "failure")
    }
  }
}

/// The methods that a span names; a client may send any other.
private let knownMethods: Set<String> = [
  "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH",
]
