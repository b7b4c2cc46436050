import Events
import FoundationEssentials
import Testing

@Suite(.timeLimit(.minutes(1))) struct EnvelopeTests {
  private let noted = Noted(thing: "t1", note: "a/b", by: nil)

  @Test func `every attribute stands in the body, in the order of the names`() throws {
    let correlation = Correlation(
      id: "c1", requestID: "r1", causationID: Sample.cause, trace: Sample.trace)
    let body = try Sample.envelope(noted, correlation: correlation).body()
    #expect(
      text(body) == """
        {"causationid":"019e0c5a-7b00-7006-8006-000000000006","correlationid":"c1",\
        "data":{"note":"a/b","thing":"t1"},"datacontenttype":"application/json",\
        "dataschema":"urn:eventually:schema:thing.noted:3",\
        "id":"019e0c5a-7b00-7005-8005-000000000005","requestid":"r1",\
        "sequence":"00000000000000000007","source":"urn:eventually:things",\
        "specversion":"1.0","subject":"t1","time":"2026-05-17T12:00:00.123456Z",\
        "traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",\
        "type":"dev.eventually.thing.noted.v3"}
        """)
  }

  @Test func `an absent cause or request is absent in the body`() throws {
    let body = try Sample.envelope(noted).body()
    let value = try JSONDecoder().decode(JSONValue.self, from: body)
    #expect(value["causationid"] == nil)
    #expect(value["requestid"] == nil)
    #expect(value["correlationid"] == .string("c1"))
  }

  @Test(
    arguments: [(1, "00000000000000000001"), (.max, "18446744073709551615")]
      as [(UInt64, String)])
  func `the sequence has twenty digits`(sequence: UInt64, digits: String) throws {
    let body = try Sample.envelope(noted, sequence: sequence).body()
    let value = try JSONDecoder().decode(JSONValue.self, from: body)
    #expect(value["sequence"]?.string == digits)
    let envelope = try Sample.read(Noted.self, from: body, sequence: sequence)
    #expect(envelope.sequence == sequence)
  }

  @Test func `a written event is read as the same event`() throws {
    let correlation = Correlation(
      id: "c1", requestID: "r1", causationID: Sample.cause, trace: Sample.trace)
    let envelope = Sample.envelope(noted, correlation: correlation)
    let read = try Sample.read(Noted.self, from: envelope.body())
    #expect(read == envelope)
  }

  @Test func `a body of 64 KiB is written, and not one byte more`() throws {
    let empty = try Sample.envelope(Noted(thing: "t1", note: "")).body().count
    let room = Record.maxBodyBytes - empty
    let largest = Noted(thing: "t1", note: String(repeating: "x", count: room))
    #expect(try Sample.envelope(largest).body().count == 65_536)
    let larger = Noted(thing: "t1", note: String(repeating: "x", count: room + 1))
    let error = #expect(throws: UnwritableEvent.self) { try Sample.envelope(larger).body() }
    let sentence = "thing.noted: the event has 65537 bytes, and the wire takes 65536"
    #expect(error?.description == sentence)
  }

  @Test func `a consequence has the same correlation and trace, this cause and no request`() {
    let correlation = Correlation(
      id: "c1", requestID: "r1", causationID: Sample.cause, trace: Sample.trace)
    let consequence = Sample.envelope(noted, correlation: correlation).consequence
    #expect(consequence.id == "c1")
    #expect(consequence.requestID == nil)
    #expect(consequence.causationID == Sample.id)
    #expect(consequence.trace.traceID == Sample.trace.traceID)
    #expect(consequence.trace.spanID != Sample.trace.spanID)
  }

  @Test func `other content keeps everything else`() {
    let envelope = Sample.envelope(noted)
    let mapped = envelope.map(\.thing)
    #expect(mapped.data == "t1")
    #expect((mapped.id, mapped.type) == (envelope.id, envelope.type))
    #expect(mapped.correlation == envelope.correlation)
  }
}
