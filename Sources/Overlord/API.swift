// Overlord's JSON API: all events that were seen.

package import Daemon

extension OverlordRoom {
  package static let api: [Route] = [
    .query(
      "/api/events", takes: ["request", "subject", "type", "stream"] + .oldestFirst
    ) { request, snapshot in
      let events = try snapshot.events(request.eventFilter(), page: try request.page())
      return try .list("events", page: events.map(EventDocument.init))
    }
  ]
}

extension Request {
  /// The filter in the query.
  func eventFilter() -> EventFilter {
    func given(_ name: String) -> String? {
      query[name].flatMap { $0.isEmpty ? nil : $0 }
    }
    return EventFilter(
      request: given("request"), subject: given("subject"), type: given("type"),
      stream: given("stream"))
  }
}

/// An event as the API shows it.
struct EventDocument: Encodable {
  let position: Int64
  let stream: String
  let sequence: UInt64
  let topic: String
  let committedAt: Timestamp
  let receivedAt: Timestamp
  /// The CloudEvent, as it was published.
  let event: JSONValue

  init(_ seen: SeenEvent) {
    position = seen.position
    stream = seen.stream
    sequence = seen.sequence
    topic = seen.topic
    committedAt = seen.committedAt
    receivedAt = seen.receivedAt
    event = seen.event
  }
}
