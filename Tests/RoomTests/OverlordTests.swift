import Daemon
import Events
import Foundation
import HTTPTypes
import Overlord
import RoomTesting
import Runtime
import Schema
import Testing

@Suite(.timeLimit(.minutes(1))) struct OverlordTests {
  private let overlord: ServiceHarness
  private let alpha: SyntheticLog
  private let beta: SyntheticLog
  private let captured: OrderCaptured
  private let records: [Record]

  /// Five events of two streams, of two pieces of work.
  init() throws {
    overlord = try ServiceHarness(OverlordRoom.self)
    alpha = SyntheticLog("alpha", clock: overlord.clock)
    beta = SyntheticLog("beta", clock: overlord.clock)
    captured = overlord.clock.captured()
    let other = overlord.clock.captured()
    records = [
      try alpha.next(settings(1000), request: "start"),
      try beta.next(captured, request: "work & 1"),
      try beta.next(other, request: "work-2"),
      try alpha.next(
        OrderRejected(orderId: captured.orderId, cartId: captured.cartId, reason: "<script>"),
        request: "work & 1"),
      try alpha.next(
        OrderFinalized(orderId: captured.orderId, cartId: captured.cartId, outcome: .rejected),
        request: "work & 1"),
    ]
  }

  private func hearAll() throws {
    for record in records {
      overlord.clock.advance(microseconds: 1000)
      try overlord.receive(record)
    }
  }

  @Test func `an event that could not be shown again is a dead letter`() throws {
    let record = try beta.next(captured)
    let body = String(decoding: record.body, as: UTF8.self)
      .replacing("\"amount\":1000", with: "\"amount\":1e999")
    try overlord.receive(
      Record(topic: record.topic, header: record.header, body: Data(body.utf8)))
    #expect(try overlord.deferred("dead") == 1)
    #expect(overlord.get("/api/events").count("events") == 0)
  }

  @Test func `a trace has each event below its cause, its times, and the step that is missing`()
    throws
  {
    let first = try beta.next(captured, request: "work-9")
    let cause = try OrderCaptured.read(first)
    overlord.clock.advance(microseconds: 1000)
    let second = try alpha.next(
      OrderRejected(orderId: captured.orderId, cartId: captured.cartId, reason: "no"),
      in: cause.consequence)
    for record in [second, first] { try overlord.receive(record) }
    let trace = overlord.get("/api/traces/work-9")
    #expect(trace.string("requestId") == "work-9")
    #expect(trace.count("events") == 1)
    #expect(trace.string("events.0.topic") == "beta/order.captured/v2/")
    #expect(trace.string("events.0.appliedBy") == "alpha")
    #expect(
      trace.string("events.0.appliedAt") == trace.string("events.0.caused.0.committedAt"))
    #expect(trace.string("events.0.caused.0.topic") == "alpha/order.rejected/v1/")
    #expect(trace.count("missing") == 1)
    #expect(trace.string("missing.0.service") == "alpha")
    #expect(trace.string("missing.0.types.0") == "order.finalized")
    #expect(trace.string("missing.0.since") == trace.string("events.0.caused.0.committedAt"))
    #expect(overlord.get("/api/traces/nothing").code == 404)
  }

  private func positions(_ query: String) -> [Int64] {
    let answer = overlord.get("/api/events\(query)")
    return (0..<(answer.count("events") ?? 0)).compactMap {
      answer.integer("events.\($0).position")
    }
  }

  @Test func `it keeps every event as it was published, and emits nothing`() throws {
    try hearAll()
    let answer = overlord.get("/api/events?limit=1")
    #expect(answer.string("events.0.stream") == "alpha")
    #expect(answer.integer("events.0.sequence") == 1)
    #expect(answer.string("events.0.topic") == "alpha/settings.changed/v1/")
    #expect(answer.string("events.0.event.specversion") == "1.0")
    #expect(answer.integer("events.0.event.data.fee.amount") == 2500)
    let committed = try #require(answer.string("events.0.committedAt").flatMap { Timestamp($0) })
    let received = try #require(answer.string("events.0.receivedAt").flatMap { Timestamp($0) })
    #expect(received.since(committed) == .milliseconds(1))
    #expect(try overlord.published().isEmpty)
  }

  @Test(
    "events are asked for by request, subject, type and stream, and by all at once",
    arguments: [
      ("", [1, 2, 3, 4, 5]), ("?request=work+%26+1", [2, 4, 5]), ("?request=nobody", []),
      ("?type=order.captured", [2, 3]), ("?type=order", []), ("?stream=alpha", [1, 4, 5]),
      ("?stream=alpha&type=order.finalized", [5]), ("?stream=beta&request=work-2", [3]),
      ("?type=order.rejected", [4]), ("?request=&type=order.rejected", []),
      ("?type='%20OR%201=1", []),
    ] as [(String, [Int64])])
  func filters(query: String, expected: [Int64]) throws {
    try hearAll()
    #expect(positions(query) == expected)
  }

  @Test func `events are asked for by subject`() throws {
    try hearAll()
    #expect(positions("?subject=\(captured.orderId)") == [2, 4, 5])
    #expect(positions("?subject=\(captured.orderId)&stream=beta") == [2])
    #expect(positions("?subject=\(Settings.id)") == [1])
  }

  @Test func `events come in order, and are continued after the last`() throws {
    try hearAll()
    let first = overlord.get("/api/events?limit=2&stream=alpha")
    #expect(positions("?limit=2&stream=alpha") == [1, 4])
    let next = try #require(first.string("next"))
    #expect(positions("?stream=alpha&after=\(next)") == [5])
    #expect(overlord.get("/api/events?stream=alpha&after=\(next)").value("next") == .null)
    #expect(overlord.get("/api/events?after=x").code == 422)
    #expect(overlord.get("/api/events?subject=x%00y").code == 400)
  }

  @Test func `an event that is received twice is kept once`() throws {
    try overlord.receive(records[0])
    try overlord.receive(records[0])
    #expect(positions("") == [1])
  }
}
