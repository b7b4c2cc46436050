import Events
import HTTPTypes
import Runtime

extension Correlation {
  /// The work that an HTTP request begins: with the client's Request ID and trace where they are
  /// valid, with new ones where not.
  init(_ headers: HTTPFields, in runtime: RuntimeContext) {
    let given = headers[values: .requestID]
    let id =
      given.count == 1 && isVisibleASCII(given[0], upTo: 128)
      ? given[0] : runtime.identifier().description
    let trace = headers[.traceParent].flatMap(TraceParent.init)
    self = .request(
      id, trace: trace?.span(runtime.random()) ?? .random(in: runtime))
  }
}
