// Overlord's pages: the four services side by side, and the last events.

import Daemon

extension OverlordRoom {
  /// The templates of Overlord's pages.
  static func look(_ configuration: ServiceConfiguration) throws -> PageTemplates {
    try PageTemplates(
      "Overlord",
      navigation: [
        PageTemplates.Link("All four", path: "/"), PageTemplates.Link("Events", path: "/events"),
        PageTemplates.Link("Schemas", path: "/schemas"),
      ],
      frames: ["'self'"] + framed.map { configuration[$0.key].origin },
      templates: [
        "home": PackageResources.home_mustache, "events": PackageResources.events_mustache,
        "schemas": PackageResources.schemas_mustache,
      ])
  }

  /// The services whose pages are shown beside Overlord's own.
  static let framed = [
    FramedService("Alpha", port: 3991), FramedService("Beta", port: 3992),
    FramedService("Charlie", port: 3993),
  ]

  static func pages(_ configuration: ServiceConfiguration, _ look: PageTemplates) -> [Route] {
    let frames =
      framed.map { Frame(title: $0.title, address: configuration[$0.key]) } + [
        Frame(title: "Overlord", address: "/events")
      ]
    return [
      .plain("/") { _ in try look.html("home", title: "All four", values: ["frames": frames]) },
      .query("/events", takes: ["live", "request", "subject", "type", "stream"]) {
        request, snapshot in
        let view = EventsView(request)
        let events = try snapshot.lastEvents(view.filter, limit: EventsView.limit)
        var page = try WebPage("events", title: "Events", values: view.values(events), in: snapshot)
        page.path = "/events"
        page.reloads = view.isLive
        return try look.html(page)
      },
    ]
  }
}

extension String {
  /// The origin of an address: the part before its path.
  fileprivate var origin: String {
    split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false).prefix(3)
      .joined(separator: "/")
  }
}

// MARK: The content of the pages

private struct Frame {
  let title: String
  let address: String
}

/// The events that a page shows.
///
/// Without a filter the page is live. While a filter can be typed the page does not reload, since a
/// reload would remove the typed text.
private struct EventsView {
  static let limit = 100

  let filter: EventFilter
  let isLive: Bool

  init(_ request: Request) {
    filter = request.eventFilter()
    isLive = filter.isEmpty && request.query["live"] != "no"
  }

  func values(_ events: [SeenEvent]) -> [String: Any] {
    [
      "live": isLive, "limit": Self.limit, "filter": filter, "filtered": !filter.isEmpty,
      "streams": OverlordRoom.follows.map { StreamOption(name: $0, selected: $0 == filter.stream) },
      "events": events.map(EventRow.init), "hasEvents": !events.isEmpty,
    ]
  }
}

private struct StreamOption {
  let name: String
  let selected: Bool
}

private struct EventRow {
  let position: Int64
  let stream: String
  let sequence: UInt64
  let type: String
  let subject: Linked
  let request: Linked
  let committedAt: Timestamp
  let receivedAt: Timestamp

  init(_ seen: SeenEvent) {
    position = seen.position
    stream = seen.stream
    sequence = seen.sequence
    type = Topic(seen.topic).map { "\($0.type) v\($0.version)" } ?? seen.topic
    subject = Linked(seen.event["subject"]?.string ?? "")
    request = Linked(seen.event["correlationid"]?.string ?? "")
    committedAt = seen.committedAt
    receivedAt = seen.receivedAt
  }
}

/// A text that is a link's text, and a value in its address.
private struct Linked {
  let text: String
  let link: String

  init(_ text: String) {
    self.text = text
    link = text.utf8.map(Self.escaped).joined()
  }

  /// The form of a byte in a query: only unreserved bytes (RFC 3986) are unchanged.
  private static func escaped(_ byte: UInt8) -> String {
    switch Unicode.Scalar(byte) {
    case "a"..."z", "A"..."Z", "0"..."9", "-", ".", "_", "~": String(Unicode.Scalar(byte))
    default: (byte < 16 ? "%0" : "%") + String(byte, radix: 16)
    }
  }
}

/// A service whose page is shown beside Overlord's own.
struct FramedService: Sendable {
  let title: String
  let key: ConfigurationKey<String>

  init(_ title: String, port: Int) {
    self.title = title
    let service = title.lowercased()
    key = .link(
      "pages.\(service)", default: "http://127.0.0.1:\(port)",
      meaning: "where \(service)'s page is, shown on Overlord's first page")
  }
}
