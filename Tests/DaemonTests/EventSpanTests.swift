import Events
import Foundation
import Testing
import Tracing

@testable import Daemon

@Suite("Spans of received events", .timeLimit(.minutes(1)))
struct EventSpanTests {
  private let tracer: ServiceTracer
  private let ward: Ward

  init() throws {
    let tracer = try #require(
      try Desk(["traces.endpoint": "http://127.0.0.1:1"]).shell.serviceTracer)
    self.tracer = tracer
    ward = try Ward(reporting: tracer.observe)
  }

  private func spans() throws -> [CollectedSpan] {
    let spans = tracer.queue.next.compactMap(tracer.span)
    return CollectedSpan.all(in: try TracesRequest(spans, from: tracer.resource).json())
  }

  @Test("the reaction to an event is below its publishing, and has its times")
  func applied() throws {
    let event = try ThingPriced.read(try ward.hear(ThingPriced(thing: "t1", mood: "good")))
    let span = try #require(try spans().first)
    #expect(try spans().count == 1)
    #expect(span.name == "process thing.priced")
    #expect(span.kind == 5)
    #expect(span.status == nil)
    #expect(span.traceId == event.correlation.trace.traceID)
    #expect(span.parentSpanId == event.consequence.trace.spanID)
    #expect(span["messaging.destination.name"] == "alpha/thing.priced/v1/")
    #expect(span["messaging.message.id"] == event.id.description)
    #expect(span["messaging.consumer.group.name"] == "delta")
    #expect(span["event.outcome"] == "success")
    #expect(span["eventually.subject"] == "t1")
    #expect(span["eventually.critical_time"] != nil)
    #expect(span["eventually.processing_time"] != nil)
    // What the service emits because of the event is below the reaction.
    #expect(event.consequence.step(in: "delta").spanID == span.spanId)
    #expect(event.consequence.step(in: "gamma").spanID != span.spanId)
  }

  @Test("a dead letter is an error, and its retry is a span of its own")
  func dead() throws {
    try ward.hear(ThingPriced(thing: "t1", mood: "bad"))
    ward.forgive()
    let letter = try #require(try ward.letters.first)
    #expect(ward.answer(.post, "/api/dead-letters/\(letter)/retry", "{}").status.code < 300)
    let spans = try spans()
    #expect(spans.map(\.name) == ["process thing.priced", "process thing.priced"])
    #expect(spans.map { $0.status?.code } == [2, nil])
    #expect(spans[0]["error.type"] == "dead-letter")
    #expect(spans.map { $0["event.outcome"] } == ["failure", "success"])
    #expect(spans[0].parentSpanId == spans[1].parentSpanId)
    #expect(spans[0].spanId != spans[1].spanId)
  }

  @Test("an event that waits has no span before it is applied, and one that does not decode none")
  func waiting() throws {
    try ward.hear(ThingPriced(thing: "t1", mood: "early"))
    try ward.hear(ThingPriced(thing: "t2", mood: "good"), body: "no")
    #expect(try spans().isEmpty)
  }
}
