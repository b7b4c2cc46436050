import Events
import FoundationEssentials
import Testing

@Suite(.timeLimit(.minutes(1))) struct RecordTests {
  private let topic = Topic(stream: "things", type: "thing.noted", version: 3)
  private let body = Data("{}".utf8)

  private var frames: [Data] { [topic.bytes, Sample.header(version: 3).bytes, body] }

  @Test func `three frames are a record, and a record three frames`() throws {
    let record = try #require(Record(frames: frames))
    #expect(record.topic == topic)
    #expect(record.header == Sample.header(version: 3))
    #expect(record.body == body)
    #expect(record.frames == frames)
    #expect(record.size == topic.bytes.count + 48 + 2)
  }

  @Test func `records after one another have their own frames, whichever topics they have`() {
    let topics = ["thing.noted", "thing.noted", "thing.note", "thing.noter", "thing.noted"]
    let records = topics.enumerated().map { index, type in
      Record(
        topic: Topic(stream: "things", type: type, version: 3),
        header: Sample.header(version: 3, sequence: UInt64(index + 1)), body: body)
    }
    #expect(records.frames == records.map(\.frames))
    var before: Topic?
    for record in records {
      let read = Record(frames: record.frames[...], after: before)
      #expect(read == record)
      #expect(read?.topic.type == record.topic.type)
      before = read?.topic
    }
  }

  @Test func `flags that are not known are not passed on`() throws {
    var header = frames[1]
    header[3] = 2
    let record = try #require(Record(frames: [frames[0], header, body]))
    #expect(record.frames == frames)
    #expect(record == Record(frames: frames))
  }

  @Test(arguments: 0..<3)
  func `fewer frames are none`(count: Int) {
    #expect(Record(frames: frames.prefix(count)) == nil)
  }

  @Test func `an extra frame makes it no record`() {
    #expect(Record(frames: frames + [Data()]) == nil)
  }

  @Test func `a beat is no record, for any topic`() {
    let header = Sample.header(isBeat: true, version: 3).bytes
    #expect(Record(frames: [topic.bytes, header, body]) == nil)
    #expect(Record(frames: [Topic.beat(to: Data("things/".utf8)), header, body]) == nil)
  }

  @Test func `a header of another version than the topic's is no record`() {
    #expect(Record(frames: [topic.bytes, Sample.header(version: 2).bytes, body]) == nil)
  }

  @Test func `the number zero is no event's`() {
    let header = Sample.header(version: 3, sequence: 0).bytes
    #expect(Record(frames: [topic.bytes, header, body]) == nil)
  }

  @Test(arguments: [(65_536, true), (65_537, false)])
  func `a body has at most 64 KiB`(count: Int, isRecord: Bool) {
    let body = Data(repeating: 0x20, count: count)
    #expect((Record(frames: [frames[0], frames[1], body]) != nil) == isRecord)
  }

  @Test func `garbage in a frame is no record`() {
    let garbage = Data([0, 0xff, 0x80])
    #expect(Record(frames: [garbage, frames[1], body]) == nil)
    #expect(Record(frames: [frames[0], garbage, body]) == nil)
  }

  @Test(arguments: [(6, true), (7, false), (5, false), (.max, false)] as [(UInt64, Bool)])
  func `a record follows the sequence number before its own`(sequence: UInt64, follows: Bool) {
    var header = Sample.header(version: 3)
    header.chain = Chain.zero.appending(topic: topic, body: body)
    let record = Record(topic: topic, header: header, body: body)
    #expect(record.follows(sequence: sequence, chain: .zero) == follows)
  }

  @Test func `a record follows no other history`() {
    let record = Record(topic: topic, header: Sample.header(version: 3), body: body)
    #expect(!record.follows(sequence: 6, chain: .zero))
  }
}
