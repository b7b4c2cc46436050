// Overlord's JSON API: all received events.

package import Daemon

extension OverlordRoom {
  package static let api: [Route] = [
    .query(
      "/api/events", takes: ["request", "subject", "type", "stream"] + .oldestFirst
    ) { request, snapshot in
      let events = try snapshot.events(request.eventFilter(), page: try request.page())
      return try .list("events", page: events.map(EventDocument.init))
    },
    .stream(
      "/api/events/stream", takes: ["request", "subject", "type", "stream", "after"]
    ) { request, snapshot in
      let beginning = try EventFeed.beginning(
        after: try request.resumePosition(), first: try snapshot.firstPosition(),
        last: try snapshot.lastPosition())
      let filter = request.eventFilter()
      return EventFeed(after: beginning) { try $1.part(of: filter, after: $0) }
    },
    .query("/api/traces/:request") { request, snapshot in
      let id = request.parameters["request"] ?? ""
      let events = try snapshot.work(id)
      guard !events.isEmpty else {
        throw Problem.notFound(
          "not-found", detail: "Overlord has no event of the request \(id.quoted).",
          remedy: "Use the Request ID of a response or a log line. A new event may be on its way.")
      }
      return try .json(TraceDocument(id, events: events))
    },
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

extension Snapshot {
  /// The events in a part of a stream: few, since each has up to 64 KiB.
  private static var partLimit: Int { 8 }

  /// The next events that pass a filter, as a stream has them.
  fileprivate func part(of filter: EventFilter, after position: Int64) throws -> EventFeed.Part {
    let page = try events(filter, page: PageRequest(limit: Self.partLimit, after: position))
    let continues = page.next != nil
    // Events outside the filter are read once: the stream continues after the last position.
    let end = continues ? page.items.last?.position : try lastPosition()
    return EventFeed.Part(
      try page.items.map { seen in
        try ServerSentEvent(position: seen.position, name: seen.type, json: EventDocument(seen))
      }, through: max(position, end ?? position), continues: continues)
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
