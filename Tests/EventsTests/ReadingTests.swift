import Events
import FoundationEssentials
import Testing

@Suite(.timeLimit(.minutes(1))) struct ReadingTests {
  @Test func `the newest version is read as it is`() throws {
    let noted = Noted(thing: "t1", note: "n", by: "b")
    let event = try Noted.read(Sample.record(noted))
    #expect(event.data == noted)
    #expect((event.stream, event.sequence) == ("things", 7))
  }

  @Test func `an older version is read as the newest, and keeps its own type`() throws {
    let event = try Noted.read(Sample.record(Noted.V1(thing: "t1")))
    #expect(event.data == Noted(thing: "t1", note: nil, by: nil))
    #expect(event.type == "dev.eventually.thing.noted.v1")
  }

  @Test(arguments: 1...3)
  func `a newer version whose least reader is known is read`(leastReader: UInt16) throws {
    let record = try Sample.record(Later(thing: "t1", note: "n"), leastReader: leastReader)
    #expect(try Noted.read(record).data == Noted(thing: "t1", note: "n", by: nil))
  }

  @Test(arguments: 4...5)
  func `a newer version whose least reader is not known is too new`(leastReader: UInt16) throws {
    let record = try Sample.record(Later(thing: "t1"), leastReader: leastReader)
    let error = #expect(throws: UnreadableEvent.self) { try Noted.read(record) }
    #expect(error?.reason == .tooNew(known: 3))
    #expect(error?.leastReader == leastReader)
    #expect(
      error?.description == "things/thing.noted/v5/7 may be read from version \(leastReader) on, "
        + "and the newest known here is 3")
  }

  @Test func `a version between that is not listed is retired`() throws {
    let topic = Topic(stream: "things", type: "thing.noted", version: 2)
    let record = Record(topic: topic, header: Sample.header(version: 2), body: Data("{}".utf8))
    let error = #expect(throws: UnreadableEvent.self) { try Noted.read(record) }
    #expect(error?.reason == .retired)
    #expect(error?.description == "things/thing.noted/v2/7: version 2 is not read any more")
  }

  @Test(arguments: [
    Topic(stream: "others", type: "thing.noted", version: 3),
    Topic(stream: "things", type: "thing.lost", version: 3),
    Topic(stream: "things", type: "thing.noted", version: 4),
  ])
  func `a body that contradicts its topic is unreadable`(topic: Topic) throws {
    let body = try Sample.envelope(Noted(thing: "t1")).body()
    let header = Sample.header(version: topic.version)
    let error = #expect(throws: UnreadableEvent.self) {
      try Noted.read(Record(topic: topic, header: header, body: body))
    }
    #expect(error?.reason == .frames)
    #expect(error?.topic == topic)
  }

  @Test func `a body that contradicts its header's sequence is unreadable`() throws {
    let record = try Sample.record(Noted(thing: "t1"))
    let header = Sample.header(version: 3, sequence: 8)
    let error = #expect(throws: UnreadableEvent.self) {
      try Noted.read(Record(topic: record.topic, header: header, body: record.body))
    }
    #expect(error?.reason == .frames)
    #expect(error?.sequence == 8)
    let sentence = "things/thing.noted/v3/8: the body contradicts the topic or the header"
    #expect(error?.description == sentence)
  }

  @Test(
    arguments: [
      ("specversion", .string("0.3"), "specversion: only CloudEvents 1.0 is read"),
      ("source", .string("elsewhere"), "source: the source begins with urn:eventually:"),
      ("sequence", .string("seven"), "sequence: the sequence is a number of 20 digits"),
      ("sequence", .integer(7), "sequence: is not a string"),
      ("id", .string("7"), "id: “7” is not a UUID"),
      ("time", .null, "time: is null"),
      ("subject", nil, "subject: is missing"),
      ("correlationid", nil, "correlationid: is missing"),
      ("data", nil, "data: is missing"),
      ("data", .object([:]), "data.thing: is missing"),
      ("data", .object(["thing": .bool(true)]), "data.thing: is not a string"),
    ] as [(String, JSONValue?, String)])
  func `an attribute that is wrong is named`(
    name: String, value: JSONValue?, problem: String
  ) throws {
    let record = try changed { $0[name] = value }
    let error = #expect(throws: UnreadableEvent.self) { try Noted.read(record) }
    #expect(error?.reason == .body(problem))
    #expect(error?.description == "things/thing.noted/v3/7 does not decode: \(problem)")
  }

  @Test(arguments: ["1.5", "9223372036854775808", "-9223372036854775809"])
  func `a number that does not fit is named too`(number: String) throws {
    let rated = try Sample.record(Rated(thing: "t1", note: nil, rating: 77))
    let body = Data(text(rated.body).replacing("77", with: number).utf8)
    let error = #expect(throws: UnreadableEvent.self) {
      try Rated.read(Record(topic: rated.topic, header: rated.header, body: body))
    }
    #expect(error?.reason == .body("data.rating: is not a whole number that fits"))
  }

  @Test(arguments: ["", "{", "[]", "7", "null"])
  func `a body that is no event is unreadable`(body: String) throws {
    let record = try Sample.record(Noted(thing: "t1"))
    let garbage = Record(topic: record.topic, header: record.header, body: Data(body.utf8))
    #expect(throws: UnreadableEvent.self) { try Noted.read(garbage) }
  }

  @Test(arguments: [nil, .null, .string("nonsense"), .integer(1)] as [JSONValue?])
  func `an event without a good traceparent has one of its own, always the same`(
    value: JSONValue?
  ) throws {
    let record = try changed { $0["traceparent"] = value }
    let trace = try Noted.read(record).correlation.trace
    #expect(trace.traceID == "019e0c5a7b0070058005000000000005")
    #expect(trace.spanID == "8005000000000005")
  }

  @Test func `attributes that are not known are ignored`() throws {
    let record = try changed { $0["partitionkey"] = .string("x") }
    #expect(try Noted.read(record).data == Noted(thing: "t1", note: "n", by: nil))
  }

  private func changed(_ change: (inout [String: JSONValue]) -> Void) throws -> Record {
    let record = try Sample.record(Noted(thing: "t1", note: "n"))
    var value = try JSONDecoder().decode([String: JSONValue].self, from: record.body)
    change(&value)
    let body = try value.json()
    return Record(topic: record.topic, header: record.header, body: body)
  }
}
