import Events
import HTTPTypes
import Runtime

extension Correlation {
  /// The work that an HTTP request begins: with the client's Request ID and trace where they are
  /// valid, with new ones where not.
  init(_ headers: HTTPFields, in runtime: RuntimeContext) {
    let id = headers.requestID ?? runtime.identifier().description
    let trace = headers[.traceParent].flatMap(TraceParent.init)
    self = .request(
      id, trace: trace?.span(runtime.random()) ?? .random(in: runtime),
      traceState: trace == nil ? nil : headers[.traceState].flatMap(TraceState.init))
  }
}

extension HTTPFields {
  /// The client's Request ID; nil where it has sent none, or one that is not taken.
  fileprivate var requestID: String? {
    let given = self[values: .requestID]
    return given.count == 1 && isVisibleASCII(given[0], upTo: 128) ? given[0] : nil
  }

  /// The client's Request ID where it is not taken, for the log; nil where there is none, or it is.
  var replacedRequestID: String? {
    let given = self[values: .requestID]
    return given.isEmpty || requestID != nil ? nil : given.joined(separator: ", ").cut(to: 200)
  }
}
