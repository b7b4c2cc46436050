import Events
import Foundation
import HTTPTypes
import Journal
import NIOCore
import RoomTesting
import Runtime
import Testing
import Tracing

@testable import Daemon

@Suite("Spans", .timeLimit(.minutes(1)))
struct ServiceTracerTests {
  private static let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

  private func desk() throws -> (Desk, ServiceTracer) {
    let desk = try Desk(["traces.endpoint": "http://127.0.0.1:1/"])
    return (desk, try #require(desk.shell.serviceTracer))
  }

  private func spans(_ tracer: ServiceTracer) throws -> [CollectedSpan] {
    let spans = tracer.queue.next.compactMap(tracer.span)
    return CollectedSpan.all(in: try TracesRequest(spans, from: tracer.resource).json())
  }

  private func responder(_ desk: Desk) -> Responder {
    Responder(
      routes: desk.assembly.routes, journal: desk.assembly.journal, runtime: desk.clock.runtime,
      logger: desk.shell.logger, tracer: desk.shell.serviceTracer)
  }

  private func respond(
    _ desk: Desk, _ method: HTTPRequest.Method, _ target: String, _ body: String = "",
    headers: HTTPFields = [:]
  ) async -> Response {
    var headers = headers
    if !body.isEmpty { headers[.contentType] = "application/json" }
    return await responder(desk).respond(
      to: IncomingRequest(
        head: .init(method: method, target: target, headers: headers),
        body: ByteBuffer(string: body), peers: Peers()))
  }

  @Test("no endpoint means no tracer, and spans that do nothing")
  func off() throws {
    let desk = try Desk()
    #expect(desk.shell.serviceTracer == nil)
    #expect(desk.shell.tracer is NoOpTracer)
  }

  @Test("a request and the event that it emits are two spans of the caller's trace")
  func request() async throws {
    let (desk, tracer) = try desk()
    #expect(tracer.address == "http://127.0.0.1:1/v1/traces")
    let response = await respond(
      desk, .post, "/api/things", #"{"name": "a", "price": 1}"#,
      headers: [.traceParent: Self.parent, .traceState: "congo=t61"])
    #expect(response.status.code < 300)
    let spans = try spans(tracer)
    let request = try #require(spans.first { $0.kind == 2 })
    let publishing = try #require(spans.first { $0.kind == 4 })
    #expect(spans.count == 2)
    #expect(request.name == "POST /api/things")
    #expect(request.parentSpanId == "b7ad6b7169203331")
    #expect(request["http.route"] == "/api/things")
    #expect(request["http.request.method"] == "POST")
    #expect(request["url.path"] == "/api/things")
    #expect(request["http.response.status_code"] == "\(response.status.code)")
    #expect(response.headers[.traceParent]?.contains(request.spanId) == true)
    #expect(publishing.name == "publish thing.made")
    #expect(publishing.parentSpanId == request.spanId)
    #expect(publishing["messaging.system"] == "zeromq")
    #expect(publishing["messaging.destination.name"] == "delta/thing.made/v2/")
    #expect(publishing["messaging.message.id"]?.isEmpty == false)
    for span in spans {
      #expect(span.traceId == "0af7651916cd43dd8448eb211c80319c")
      #expect(span.traceState == "congo=t61")
      #expect(span.status == nil)
      #expect(span["eventually.correlation_id"] == response.headers[.requestID])
    }
  }

  @Test("a path without a route, an unknown method and a failure are named by the conventions")
  func names() async throws {
    let (desk, tracer) = try desk()
    _ = await respond(desk, .get, "/nowhere/\(UUID())")
    _ = await respond(desk, .get, "/api/surprise")
    let brew = try #require(HTTPRequest.Method("BREW"))
    _ = await respond(desk, brew, "/api/things")
    let spans = try spans(tracer)
    #expect(spans.map(\.name) == ["GET", "GET /api/surprise", "HTTP"])
    #expect(spans.map { $0.status?.code } == [nil, 2, nil])
    #expect(spans[1]["error.type"] == "500")
    #expect(spans[2]["http.request.method_original"] == "BREW")
  }

  @Test("probes, and traces that their system does not record, have no spans")
  func unrecorded() async throws {
    let (desk, tracer) = try desk()
    _ = await respond(desk, .get, "/healthz")
    _ = await respond(
      desk, .post, "/api/things", #"{"name": "a", "price": 1}"#,
      headers: [.traceParent: String(Self.parent.dropLast()) + "0"])
    #expect(try spans(tracer).isEmpty)
  }

  @Test("a queue that is full drops what is new, and counts it")
  func full() throws {
    let (desk, tracer) = try desk()
    let trace = TraceParent.random(in: desk.clock.runtime)
    func span(_ number: Int) -> RecordedWork {
      .span(
        FinishedSpan(
          "\(number)", kind: .internal, place: trace, parent: nil, state: nil, start: 0, end: 0))
    }
    for number in 0..<3000 { tracer.append([span(number)]) }
    tracer.append((0..<10).map(span))
    #expect(tracer.queue.count == 2048)
    #expect(try spans(tracer).map(\.name) == (0..<512).map { "\($0)" })
    let metrics = try #require(desk.shell.serviceMetrics)
    let text = PrometheusText.text(metrics.registry.present, as: .prometheus)
    #expect(text.contains("eventually_spans_dropped_total{reason=\"queue\"} 962"))
    tracer.queue.removeFirst(512)
    tracer.append([span(9)])
    #expect(tracer.queue.count == 1537)
  }

  @Test("spans that a service begins are parts of the context's span, and end once")
  func own() throws {
    let (_, tracer) = try desk()
    let outer = tracer.startSpan("outer")
    tracer.withSpan("inner", context: outer.context, ofKind: .client) { span in
      span.attributes["answer"] = 42
      span.addLink(outer)
      span.recordError(Surprise())
    }
    outer.setStatus(SpanStatus(code: .ok))
    outer.end()
    outer.end()
    outer.attributes["late"] = true
    let spans = try spans(tracer)
    #expect(spans.map(\.name) == ["inner", "outer"])
    #expect(spans[0].parentSpanId == spans[1].spanId)
    #expect(spans[0].traceId == spans[1].traceId)
    #expect(spans[0]["answer"] == "42")
    #expect(spans[0].links?.first?.spanId == spans[1].spanId)
    #expect(spans[1].parentSpanId == nil)
    #expect(spans[1].status?.code == 1)
    #expect(spans[1].attributes.isEmpty)
  }

  private struct Fields: Extractor, Injector {
    func extract(key: String, from carrier: [String: String]) -> String? { carrier[key] }
    func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) {
      carrier[key] = value
    }
  }

  @Test("the place in a trace is taken from a carrier, and passed to one")
  func carriers() throws {
    let (_, tracer) = try desk()
    let carrier = ["traceparent": Self.parent, "tracestate": "congo=t61"]
    var context = InstrumentationContext.topLevel
    tracer.extract(carrier, into: &context, using: Fields())
    var passed: [String: String] = [:]
    tracer.inject(context, into: &passed, using: Fields())
    #expect(passed == carrier)
    var none = InstrumentationContext.topLevel
    tracer.extract(["traceparent": "no"], into: &none, using: Fields())
    #expect(none.isEmpty)
  }
}
