import Testing

/// An event as Overlord shows it.
struct SeenEvent: Sendable, CustomStringConvertible {
  let json: JSON

  var position: Int64 { json["position"].int ?? 0 }
  var stream: String { json["stream"].text }
  var sequence: Int64 { json["sequence"].int ?? 0 }
  var topic: String { json["topic"].text }
  /// The CloudEvent.
  var event: JSON { json["event"] }
  var id: String { event["id"].text }
  var data: JSON { event["data"] }
  var subject: String { event["subject"].text }
  var correlationID: String? { event["correlationid"].string }
  var causationID: String? { event["causationid"].string }
  var requestID: String? { event["requestid"].string }

  /// The declared name: `order.captured`.
  var type: String {
    String(topic.split(separator: "/").dropFirst().first ?? "")
  }

  var description: String { json.description }
}

extension Deployment {
  /// All of Overlord's events by a filter, `subject=…`, once it has received them.
  func events(_ filter: String = "") async throws -> [SeenEvent] {
    try await quiet()
    let overlord = try await http(.overlord)
    var (events, next): ([SeenEvent], String?) = ([], "0")
    while let after = next {
      let answer = try await overlord.get("/api/events?limit=500&after=\(after)&\(filter)")
      try #require(answer.status == 200, "\(answer)")
      events += answer.json["events"].list.map(SeenEvent.init)
      next = answer.json["next"].string
    }
    return events
  }

  /// The events about an order, in Overlord's order.
  func events(of order: Order) async throws -> [SeenEvent] {
    try await events("subject=\(order.id)")
  }

  /// The events of this name about an order.
  func events(_ type: String, of order: Order) async throws -> [SeenEvent] {
    try await events(of: order).filter { $0.type == type }
  }
}
