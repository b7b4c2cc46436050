// Overlord's pages: their look, their parts, and how they show the content of events.

import Daemon
import Schema

/// The parts from which Overlord's pages are made.
///
/// Their routes are in the files of the pages.
struct OverlordPages: Sendable {
  let look: PageTemplates
  let frames: [Frame]
  let now: @Sendable () -> Timestamp
  /// The followed streams, and how far Overlord has come in each.
  let streams: @Sendable (Snapshot) throws -> [FollowedStream]
  /// How far Overlord was behind in each of them.
  let lags: @Sendable (Snapshot) throws -> [LagChart]

  var routes: [Route] {
    homeRoutes + eventRoutes + traceRoutes + healthRoutes + OverlordRoom.schemaPages(look)
  }
}

extension OverlordRoom {
  /// The templates of Overlord's pages.
  static func look(_ configuration: ServiceConfiguration) throws -> PageTemplates {
    try PageTemplates(
      "Overlord",
      navigation: [
        PageTemplates.Link("All four", path: "/"), PageTemplates.Link("Events", path: "/events"),
        PageTemplates.Link("Health", path: "/health"),
        PageTemplates.Link("Schemas", path: "/schemas"),
      ],
      frames: ["'self'"] + frameSources(configuration),
      templates: [
        "home": PackageResources.home_mustache, "strip": PackageResources.strip_mustache,
        "events": PackageResources.events_mustache, "event": PackageResources.event_mustache,
        "trace": PackageResources.trace_mustache, "works": PackageResources.works_mustache,
        "diagram": PackageResources.diagram_mustache,
        "health": PackageResources.health_mustache,
        "schemas": PackageResources.schemas_mustache,
      ])
  }

  /// The origins of the other services' pages, under each name that such a page may have.
  private static func frameSources(_ configuration: ServiceConfiguration) -> [String] {
    framed.map { configuration[$0.key].origin }.flatMap { origin in
      Set([origin] + LoopbackName.allCases.map(origin.named)).sorted()
    }
  }

  /// The services whose pages are shown beside Overlord's own.
  static let framed = [
    FramedService("Beta", port: 3992), FramedService("Alpha", port: 3991),
    FramedService("Charlie", port: 3993),
  ]
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

  /// Its frame, at the configured address.
  func frame(in configuration: ServiceConfiguration) -> Frame {
    Frame(title: title, color: title.lowercased(), address: configuration[key])
  }
}

/// A service whose compact pages are shown in frames.
struct Frame {
  let title: String
  let color: String
  /// The address of the whole page.
  let address: String
  /// The address of the compact page.
  let pane: String
  /// The address of the compact page of its health, which services have whose own page of it is not for
  /// all of their users.
  let healthPane: String

  init(title: String, color: String, address: String) {
    func page(_ path: String) -> String {
      let end = address.firstIndex { "?#".contains($0) } ?? address.endIndex
      let start = address[..<end]
      return start + (start.hasSuffix("/") ? "" : "/") + path + address[end...]
    }
    self.title = title
    self.color = color
    self.address = address
    pane = page("pane")
    healthPane = page("pane/health")
  }

  /// Overlord's own.
  static let own = Frame(title: "Overlord", color: "overlord", address: "/")
}

extension OverlordPages {
  /// The frames of the other services, under the name by which a browser asks for the page.
  func frames(for request: Request) -> [Frame] {
    guard let name = request.loopbackName else { return frames }
    return frames.map {
      Frame(title: $0.title, color: $0.color, address: $0.address.named(name))
    }
  }
}

extension String {
  /// The origin of an address: the part before its path.
  fileprivate var origin: String {
    split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false).prefix(3)
      .joined(separator: "/")
  }
}

// MARK: The content of events

/// An id as a link's text, and as a value in its address.
struct Linked {
  let id: ShownIdentifier
  let link: String

  /// Nil for an empty text.
  init?(_ text: String?) {
    guard let text, !text.isEmpty else { return nil }
    id = ShownIdentifier(text.escapedForTerminal)
    link = text.percentEncoded
  }
}

extension SeenEvent {
  /// The declared name with the version, or the topic where it is none.
  var title: String {
    (Topic(topic).map { "\($0.type) v\($0.version)" } ?? topic).escapedForTerminal
  }

  /// An amount of its data; nil where it has none.
  func money(_ name: String) -> Money? {
    try? event["data"]?[name]?.decode(Money.self)
  }

  /// The difference from others of its type, in a few words: a version, a product, a total.
  var gist: String {
    let data = event["data"]
    if case .integer(let version)? = data?["version"] { return "version \(version)" }
    let text = ["product", "outcome", "reason"].compactMap { data?[$0]?.string }.first
    return (text ?? money("total")?.shown ?? "").quoted(upTo: 60)
  }
}

extension Duration {
  /// For people: `0.4 ms`, `12 ms`, `1.3 s`, `4 min`.
  var shown: String {
    let milliseconds = self / .milliseconds(1)
    return switch milliseconds {
    case 0: "0 ms"
    case ..<10: "\((milliseconds * 10).rounded() / 10) ms"
    case ..<1000: "\(Int(milliseconds)) ms"
    case ..<60_000: "\((milliseconds / 100).rounded() / 10) s"
    default: "\(Int(milliseconds / 60_000)) min"
    }
  }
}
