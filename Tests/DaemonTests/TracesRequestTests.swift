import Events
import Foundation
import Testing
import Tracing

@testable import Daemon

@Suite("OTLP in JSON", .timeLimit(.minutes(1)))
struct TracesRequestTests {
  private let resource = TraceResource(
    service: "delta", version: "1.2.3", instance: "run-1", host: "machine", process: 7)

  private func trace(_ text: String) throws -> TraceParent { try #require(TraceParent(text)) }

  private func span() throws -> FinishedSpan {
    let place = try trace("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    var span = FinishedSpan(
      "process thing.made", kind: .consumer, place: place,
      parent: .init(place: place.span(0xab), isRemote: true), state: TraceState("congo=t61"),
      start: 1_779_019_200_123_456_000, end: 1_779_019_200_223_456_000)
    span.set("messaging.system", "zeromq")
    span.set("eventually.sequence", .int64(.max))
    span.set("double", .double(0.5))
    span.set("infinite", .double(.infinity))
    span.set("bool", .bool(true))
    span.set("list", .stringArray(["a", "b"]))
    span.links = [
      .init(place: try trace("00-00000000000000010000000000000002-0000000000000003-01"))
    ]
    span.events = [
      SpanEvent(
        name: "exception", at: DefaultTracerClock.Timestamp(nanosecondsSinceEpoch: 5),
        attributes: ["exception.type": "Surprise"])
    ]
    span.status = SpanStatus(code: .error, message: "it \"failed\"")
    return span
  }

  /// The mapping of https://opentelemetry.io/docs/specs/otlp/: lowerCamelCase names, ids in
  /// hexadecimal, enumerations as numbers and 64-bit numbers as strings.
  @Test("a span has every member as the JSON mapping of OTLP has it")
  func golden() throws {
    let expected = #"""
      {"resourceSpans":[{"resource":{"attributes":[
      {"key":"host.name","value":{"stringValue":"machine"}},
      {"key":"os.type","value":{"stringValue":"linux"}},
      {"key":"service.instance.id","value":{"stringValue":"run-1"}},
      {"key":"service.name","value":{"stringValue":"delta"}},
      {"key":"service.namespace","value":{"stringValue":"eventually"}},
      {"key":"service.version","value":{"stringValue":"1.2.3"}},
      {"key":"telemetry.sdk.language","value":{"stringValue":"swift"}},
      {"key":"telemetry.sdk.name","value":{"stringValue":"eventually"}},
      {"key":"telemetry.sdk.version","value":{"stringValue":"0.1.0"}},
      {"key":"process.pid","value":{"intValue":"7"}}]},
      "scopeSpans":[{"scope":{"name":"eventually","version":"1.2.3"},"spans":[{"attributes":[
      {"key":"messaging.system","value":{"stringValue":"zeromq"}},
      {"key":"eventually.sequence","value":{"intValue":"9223372036854775807"}},
      {"key":"double","value":{"doubleValue":0.5}},
      {"key":"infinite","value":{"doubleValue":"Infinity"}},
      {"key":"bool","value":{"boolValue":true}},
      {"key":"list","value":{"arrayValue":{"values":[{"stringValue":"a"},{"stringValue":"b"}]}}}],
      "endTimeUnixNano":"1779019200223456000",
      "events":[{"attributes":[{"key":"exception.type","value":{"stringValue":"Surprise"}}],
      "name":"exception","timeUnixNano":"5"}],"flags":769,"kind":5,
      "links":[{"flags":257,"spanId":"0000000000000003",
      "traceId":"00000000000000010000000000000002"}],
      "name":"process thing.made","parentSpanId":"00000000000000ab","spanId":"b7ad6b7169203331",
      "startTimeUnixNano":"1779019200123456000","status":{"code":2,"message":"it \"failed\""},
      "traceId":"0af7651916cd43dd8448eb211c80319c","traceState":"congo=t61"}]}]}]}
      """#.replacing("\n", with: "")
    let json = try TracesRequest([span()], from: resource).json()
    #expect(String(decoding: json, as: UTF8.self) == expected)
  }

  @Test(
    "kinds are the numbers of OTLP",
    arguments: [
      (SpanKind.internal, 1), (.server, 2), (.client, 3), (.producer, 4), (.consumer, 5),
    ])
  func kinds(kind: SpanKind, number: Int) throws {
    let place = try trace("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    let span = FinishedSpan(
      "a", kind: kind, place: place, parent: nil, state: nil, start: 2, end: 1)
    let json = try TracesRequest([span], from: resource).json()
    let read = try #require(CollectedSpan.all(in: json).first)
    #expect(read.kind == number)
    #expect(read.parentSpanId == nil)
    #expect(read.startTimeUnixNano == read.endTimeUnixNano)
  }
}
