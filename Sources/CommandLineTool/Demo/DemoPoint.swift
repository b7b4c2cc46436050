import Events
import FoundationEssentials

/// A point of the story.
enum DemoPoint: Int, CaseIterable, Sendable {
  case change = 1
  case transition, both, payloads, correlation

  var title: String {
    switch self {
    case .change: "A change event"
    case .transition: "A transition event"
    case .both: "Both together"
    case .payloads: "Shared payloads with versions"
    case .correlation: "Correlation"
    }
  }

  /// The sentence before the point is played.
  private var announcement: String {
    switch self {
    case .change:
      "Alpha changes the fee. Beta and Charlie keep copies of the settings, which must follow."
    case .transition:
      "A customer sees a fee, the fee changes, and then the customer orders."
    case .both:
      "Alpha approves the order and Charlie charges it. Charlie's fee report has both events."
    case .payloads:
      "The order's events are read as they were published, each with its pinned version."
    case .correlation:
      "One Request ID is on every event of the order, in every service."
    }
  }

  /// The head of the point, for people.
  var opening: String { "\(rawValue) of 5. \(title)\n   \(announcement)" }

  /// The pages that show the point: the service, and the path.
  func pages(order: String, request: String) -> [(Service, String)] {
    switch self {
    case .change: [(.alpha, "/settings"), (.overlord, "/")]
    case .transition: [(.alpha, "/orders/\(order)"), (.overlord, "/")]
    case .both: [(.charlie, "/fees"), (.charlie, "/ledger")]
    case .payloads: [(.overlord, "/schemas"), (.overlord, "/events")]
    case .correlation: [(.overlord, "/traces/\(request.inPath)")]
    }
  }
}

/// A point that was played, with its sentences.
struct DemoShown: Encodable, Hashable {
  let point: Int
  let title: String
  let sentences: [String]
  /// The addresses of the pages that show it.
  let pages: [String]

  init(_ point: DemoPoint, played: DemoPlayed, requests: DemoRequests) {
    self.point = point.rawValue
    title = point.title
    sentences = played.sentences
    pages = point.pages(order: played.order ?? "", request: played.request).map { page in
      "\(requests.client(page.0).address)\(page.1)"
    }
  }

  /// The sentences and the addresses, for people.
  var text: String {
    let lines = sentences.map { "   \($0.escapedForTerminal)" } + pages.map { "   Look at \($0)" }
    return lines.joined(separator: "\n") + "\n"
  }
}

/// The sentences of a point, and the work that its pages show.
struct DemoPlayed: Hashable, Sendable {
  let sentences: [String]
  var order: String?
  let request: String
}
