import Events
import FoundationEssentials
import Runtime
import Testing

@Suite(.timeLimit(.minutes(1))) struct CorrelationTests {
  @Test func `work that a request begins carries the request's id`() {
    let correlation = Correlation.request("r1", trace: Sample.trace)
    #expect((correlation.id, correlation.requestID) == ("r1", "r1"))
    #expect(correlation.causationID == nil)
  }

  @Test func `work that nothing began makes an id and a trace of its runtime`() {
    let correlation = Correlation.beginning(in: Sample.runtime())
    #expect(correlation.id == Identifier(at: Sample.time, random: 1).description)
    #expect(correlation.requestID == nil)
    #expect(correlation.trace.traceID == "00000000000000020000000000000003")
    #expect(correlation.trace.spanID == "0000000000000004")
  }

  @Test func `a step that continues other work keeps its own request`() {
    let correlation = Correlation.request("r2", trace: Sample.trace).continuing("r1")
    #expect((correlation.id, correlation.requestID) == ("r1", "r2"))
  }

  @Test(arguments: [
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
  ])
  func `a traceparent is read and written`(text: String) throws {
    #expect(TraceParent(text)?.description == text)
    let json = try [TraceParent(text)].json()
    let read = try JSONDecoder().decode([TraceParent].self, from: json)
    #expect(read == [Sample.traceParent(text)])
  }

  @Test(arguments: [
    "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-comes-later",
  ])
  func `a later version is read as this one`(text: String) {
    let trace = TraceParent(text)
    #expect(trace?.description == "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
  }

  @Test(arguments: [
    "", "00", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
    "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "00-00000000000000000000000000000000-b7ad6b7169203331-01",
    "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
    "00-0AF7651916CD43DD8448EB211C80319C-B7AD6B7169203331-01",
    "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1",
    "0-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333g-01",
  ])
  func `an invalid traceparent is none`(text: String) {
    #expect(TraceParent(text) == nil)
  }

  @Test func `another span is of the same trace, and never zero`() {
    let span = Sample.trace.span(0)
    #expect(span.traceID == Sample.trace.traceID)
    #expect(span.spanID == "0000000000000001")
    #expect(Sample.trace.span(0xab).spanID == "00000000000000ab")
  }

  @Test func `a trace of only zero bits is not made`() {
    let zeros = RuntimeContext(now: { Sample.time }, uptime: { .zero }, random: { 0 })
    let trace = TraceParent.random(in: zeros)
    #expect(TraceParent(trace.description) == trace)
  }
}
