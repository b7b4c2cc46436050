import Events
import Foundation
import Runtime
import Schema
import Testing
import Versions

/// One whole event as bytes, whose files a program in another language made from the design.
@Suite(.timeLimit(.minutes(1))) struct WireTests {
  private let record: Record

  init() throws {
    let topic = try bytes("wire/order.captured.v2.topic")
    let hex = try bytes("wire/order.captured.v2.header.hex")
    let header = try #require(Data(hex: String(decoding: hex, as: UTF8.self)))
    let body = try bytes("wire/order.captured.v2.body.json")
    record = try #require(Record(frames: [topic, header, body]))
  }

  @Test func `the bytes are read as the event that they are`() throws {
    let event = try OrderCaptured.read(record)
    #expect(event.stream == "beta")
    #expect(event.sequence == 1)
    #expect(event.subject == event.data.subject)
    #expect(event.time.description == "2026-05-17T12:00:00.123456Z")
    #expect(event.time == record.header.committedAt)
    #expect(event.correlation.id == "request-1")
    #expect(event.correlation.causationID == nil)
    #expect(event.data.product == "widget")
    #expect(event.data.price == Money(amount: 1000, currency: .usd))
    #expect(event.data.promise?.fee == Money(amount: 2500, currency: .usd))
    #expect(event.data.promise?.settingsVersion == 1000)
  }

  @Test func `the event is written to the bytes that it came from`() throws {
    let event = try OrderCaptured.read(record)
    let body = try Envelope(
      id: event.id, stream: event.stream, subject: event.subject, time: event.time,
      sequence: event.sequence, correlation: event.correlation, data: event.data
    ).body()
    #expect(String(decoding: body, as: UTF8.self) == String(decoding: record.body, as: UTF8.self))
    let schema = OrderCaptured.schema
    let header = Header(
      schemaVersion: schema.version, leastReader: schema.leastReader,
      epoch: Epoch(0x0123_4567_89ab_cdef), sequence: 1, committedAt: event.time,
      chain: Chain.zero.appending(topic: record.topic, body: body))
    #expect(header.bytes.hex == record.header.bytes.hex)
    let topic = Topic(stream: "beta", type: schema.type, version: schema.version)
    #expect(topic == record.topic)
  }

  @Test func `the chain is that of the first event of a stream`() {
    #expect(record.follows(sequence: 0, chain: .zero))
  }

  @Test func `an order of version 1 is read as one whose promise is unknown`() throws {
    let golden = try GoldenPayload.named("order.captured.v1.json")
    let event = try OrderCaptured.read(golden.record())
    #expect(event.type == "dev.eventually.order.captured.v1")
    #expect(event.data.promise == nil)
    #expect(event.data.price == Money(amount: 1000, currency: .usd))
  }

  @Test func `an approval of version 1 is read as a total without its parts`() throws {
    let golden = try GoldenPayload.named("order.approved.v1.json")
    let approval = try OrderApproved.read(golden.record()).data
    #expect(approval.total == Money(amount: 3500, currency: .usd))
    #expect(approval.cartId == nil)
    #expect([approval.price, approval.fee, approval.discount] == [nil, nil, nil])
    #expect(approval.settingsVersion == nil)
  }

  @Test func `a reader of version 1 reads a newer approval and no newer capture`() throws {
    let approval = try GoldenPayload.named("order.approved.v2.json")
    #expect(try approval.pin().schema.leastReader == 1)
    #expect(try Envelope<OrderApproved.V1>(approval.record()).data.total.amount == 3500)
    let capture = try GoldenPayload.named("order.captured.v2.json")
    #expect(try capture.pin().schema.leastReader == 2)
  }
}

/// A file of this folder without its last line feed.
private func bytes(_ name: String) throws -> Data {
  let folder = Bundle.module.resourceURL ?? Bundle.module.bundleURL
  let bytes = try Data(contentsOf: folder.appending(path: "Golden/\(name)"))
  return bytes.last == UInt8(ascii: "\n") ? bytes.dropLast() : bytes
}
