import Daemon
import Events
import Foundation
import HTTPTypes
import Overlord
import RoomTesting
import Schema
import Testing

/// A block of a stream, up to its empty line.
private struct Block: Hashable {
  var id: Int64?
  var name: String?
  var data: JSONValue?

  init(_ text: Substring) throws {
    for line in text.split(separator: "\n") {
      let field = line.prefix { $0 != ":" }
      let value = String(line.dropFirst(field.count + 2))
      switch field {
      case "id": id = Int64(value)
      case "event": name = value
      case "data": data = try JSONDecoder().decode(JSONValue.self, from: Data(value.utf8))
      case "retry": break
      default: Issue.record("a field \(field)")
      }
    }
  }
}

@Suite(.timeLimit(.minutes(1))) struct OverlordStreamTests {
  private let overlord: ServiceHarness
  private let captured: OrderCaptured

  /// Five events of two streams, of two pieces of work.
  init() throws {
    overlord = try ServiceHarness(OverlordRoom.self)
    let alpha = SyntheticLog("alpha", clock: overlord.clock)
    let beta = SyntheticLog("beta", clock: overlord.clock)
    captured = overlord.clock.captured()
    let rejected = OrderRejected(
      orderId: captured.orderId, cartId: captured.cartId, reason: "line\nline")
    let records = [
      try alpha.next(settings(1000), request: "start"),
      try beta.next(captured, request: "work & 1"),
      try beta.next(overlord.clock.captured(), request: "work-2"),
      try alpha.next(rejected, request: "work & 1"),
      try alpha.next(
        OrderFinalized(orderId: captured.orderId, cartId: captured.cartId, outcome: .rejected),
        request: "work & 1"),
    ]
    for record in records { try overlord.receive(record) }
  }

  private func stream(_ query: String, lastEventID: String? = nil) throws -> [Block] {
    var headers: HTTPFields = [:]
    if let name = HTTPField.Name("Last-Event-ID") { headers[name] = lastEventID }
    let response = overlord.send(.get, "/api/events/stream\(query)", headers: headers)
    #expect(response.code == 200)
    return try response.text.split(separator: "\n\n").map(Block.init)
  }

  @Test(arguments: [
    "", "request=work+%26+1", "request=none", "type=order.captured", "type=order",
    "stream=alpha", "stream=alpha&type=order.finalized", "stream=beta&request=work-2",
  ])
  func `each event is that of the list, under its position and its type`(filter: String) throws {
    let list = overlord.get("/api/events?\(filter)")
    let blocks = try stream("?after=0&\(filter)")
    #expect(blocks.first?.id == 0)
    let events = Array(blocks.dropFirst())
    #expect(list.value("events") == .array(events.compactMap(\.data)))
    for (index, event) in events.enumerated() {
      #expect(event.id == list.integer("events.\(index).position"))
      let topic = try #require(Topic(list.string("events.\(index).topic") ?? ""))
      #expect(event.name == topic.type)
    }
  }

  @Test func `a stream by subject has the events of that order`() throws {
    #expect(try stream("?after=0&subject=\(captured.orderId)").compactMap(\.id) == [0, 2, 4, 5])
  }

  @Test func `a stream begins after Last-Event-ID, else after the query, else at the end`() throws {
    #expect(try stream("?after=1", lastEventID: "3").compactMap(\.id) == [3, 4, 5])
    #expect(try stream("?after=3").compactMap(\.id) == [3, 4, 5])
    #expect(try stream("", lastEventID: "5").compactMap(\.id) == [5])
    #expect(try stream("").compactMap(\.id) == [5])
  }

  @Test(arguments: [
    ("?after=x", 422, "invalid-field"), ("?after=-1", 422, "invalid-field"),
    ("?after=6", 409, "position-ahead"), ("?limit=3", 422, "unknown-parameter"),
    ("?type=", 422, "invalid-field"), ("?subject=%00", 400, "malformed-query"),
  ])
  func `what cannot be streamed is refused`(query: String, status: Int, kind: String) {
    let answer = overlord.get("/api/events/stream\(query)")
    #expect(answer.code == status)
    #expect(answer.string("type") == "urn:eventually:problem:\(kind)")
  }

  @Test func `an empty journal is streamed from its beginning`() throws {
    let empty = try ServiceHarness(OverlordRoom.self)
    #expect(empty.get("/api/events/stream").text == "retry: 2000\nid: 0\n\n")
    #expect(empty.get("/api/events/stream?after=1").code == 409)
  }

  @Test func `a part has at most eight events`() throws {
    let beta = SyntheticLog("charlie", clock: overlord.clock)
    for _ in 1...40 { try overlord.receive(try beta.next(overlord.clock.captured())) }
    #expect(try stream("?after=0").count == 9)
    #expect(try stream("?after=40").count == 6)
  }
}
