// The list of events, and a page for each.

import Daemon
import Schema

extension OverlordPages {
  var eventRoutes: [Route] {
    [
      .query(
        "/events",
        takes: ["live", "search", "request", "subject", "type", "stream"] + .newestFirst
      ) { request, snapshot in
        var filter = request.eventFilter()
        filter.search = request.query["search"].flatMap(EventSearch.init)
        let events = try snapshot.lastEvents(filter, page: try request.page())
        var page = try WebPage(
          "events", title: "Events", values: eventsView(events, request, filter), in: snapshot)
        page.path = "/events"
        page.news = events.items.first.map(\.news) ?? "No events."
        return try look.html(page)
      },
      .query("/events/:position") { request, snapshot in
        let text = request.parameters["position"] ?? ""
        guard let position = Int64(text), let event = try snapshot.event(at: position) else {
          throw Problem.notFound(
            "not-found", detail: "Overlord has no event at the position \(text.quoted(upTo: 80)).",
            remedy: "Look at /events: it lists all events.")
        }
        let view = EventView(event, work: try snapshot.work(event.work))
        var page = try WebPage(
          "event", title: "\(event.title) of \(event.stream.title)", values: ["event": view],
          in: snapshot)
        page.news = view.news
        return try look.html(page)
      },
    ]
  }

  private func eventsView(
    _ events: Page<SeenEvent>, _ request: Request, _ filter: EventFilter
  ) -> [String: Any] {
    let query = request.query
    var values: [String: Any] = [
      "search": query["search"] ?? "", "filter": filter, "isFiltered": !filter.isEmpty,
      "streams": OverlordRoom.lanes.map {
        StreamOption(name: $0, title: $0.title, selected: $0 == filter.stream)
      },
      "types": Registry.eventually.events.map(\.type),
      "events": events.items.map(EventRow.init), "hasEvents": !events.items.isEmpty,
      "isContinued": query["before"] != nil,
    ]
    values["next"] = events.next.map { next in
      (["before=\(next)"]
        + ["search", "request", "subject", "type", "stream", "limit"].compactMap { name in
          Linked(query[name]).map { "\(name)=\($0.link)" }
        }).joined(separator: "&")
    }
    return values
  }
}

// MARK: The content of the pages

private struct StreamOption {
  let name: String
  let title: String
  let selected: Bool
}

/// An event in a list.
struct EventRow {
  let position: Int64
  let stream: String
  let streamTitle: String
  let sequence: UInt64
  let title: String
  let gist: String
  let subject: Linked?
  let request: Linked?
  let committedAt: Timestamp
  let json: String

  init(_ seen: SeenEvent) {
    position = seen.position
    stream = seen.stream
    streamTitle = seen.stream.title
    sequence = seen.sequence
    title = seen.title
    gist = seen.gist
    subject = Linked(seen.subject)
    request = Linked(seen.work)
    committedAt = seen.committedAt
    json = seen.event["data"]?.shown ?? "null"
  }
}

/// An event on its own page, with its neighbours in its work.
private struct EventView {
  let row: EventRow
  let topic: String
  let id: ShownIdentifier
  let summary: String?
  let leastReader: String
  let committed: String
  let received: String
  let delay: String
  let trigger: Linked?
  let trace: String?
  let cause: EventRow?
  /// The id of a cause that Overlord has not received.
  let unseenCause: ShownIdentifier?
  let caused: [EventRow]
  let causesNothing: Bool
  let receivers: String
  let cloudEvent: String

  init(_ seen: SeenEvent, work: [SeenEvent]) {
    row = EventRow(seen)
    topic = seen.topic.escapedForTerminal
    id = ShownIdentifier(seen.id.escapedForTerminal)
    let registered = Registry.eventually.events.first { $0.type == seen.type }
    summary = registered?.summary
    let version = Topic(seen.topic)?.version
    leastReader =
      registered?.versions.first { $0.schema.version == version }
      .map { "\($0.schema.leastReader)" } ?? "unknown"
    committed = "\(seen.committedAt)"
    received = "\(seen.receivedAt)"
    delay = seen.receivedAt.since(seen.committedAt).shown
    trigger = Linked(seen.event["requestid"]?.string)
    trace = seen.event["traceparent"]?.string?.escapedForTerminal
    let cause = work.first { $0.id == seen.cause && $0.position != seen.position }
    self.cause = cause.map(EventRow.init)
    unseenCause = cause == nil ? seen.cause.map { ShownIdentifier($0.escapedForTerminal) } : nil
    caused = work.filter { !seen.id.isEmpty && $0.cause == seen.id }.map(EventRow.init)
    causesNothing = caused.isEmpty
    let names = OverlordRoom.receivers[seen.type]?.map(\.title) ?? []
    receivers = names.isEmpty ? "no other service" : names.joined(separator: " and ")
    cloudEvent = seen.event.shown
  }

  /// The events that it caused, in words: all else of it never changes.
  var news: String {
    let names = caused.map { "\($0.title) of \($0.streamTitle)" }
    return names.isEmpty
      ? "It has caused no event yet." : "It caused \(names.joined(separator: ", "))."
  }
}
