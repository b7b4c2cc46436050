// Alpha's pages: the queue of orders with the decision about each, an order's story, the settings,
// and all of it small for a presenter's screen. Their forms call the same rules as the API.

import Daemon
import Schema

extension AlphaRoom {
  /// The templates of Alpha's pages.
  static func look() throws -> PageTemplates {
    try PageTemplates(
      "Alpha",
      navigation: [
        PageTemplates.Link("Orders", path: "/"),
        PageTemplates.Link("Settings", path: "/settings"),
        PageTemplates.Link("Health", path: "/health"),
      ],
      templates: [
        "orders": PackageResources.orders_mustache, "order": PackageResources.order_mustache,
        "settings": PackageResources.settings_mustache, "pane": PackageResources.pane_mustache,
        "decision": PackageResources.decision_mustache,
        "origin": PackageResources.origin_mustache,
      ])
  }
}

/// Alpha's pages, with the address to which they link.
struct AlphaPages: Sendable {
  let look: PageTemplates
  /// Where Overlord's pages are.
  let overlord: String

  var routes: [Route] {
    [
      .query("/", takes: ["state", "done"] + .newestFirst) { request, snapshot in
        try look.html(try ordersPage(request, in: snapshot))
      },
      .query("/orders/:id", takes: ["done"]) { request, snapshot in
        let id = try request.identifier("id")
        return try look.html(try orderPage(of: id, request, in: snapshot))
      },
      .query("/settings", takes: ["done"] + .newestFirst) { request, snapshot in
        try look.html(try settingsPage(request, in: snapshot))
      },
      .query("/pane", takes: ["done"]) { request, snapshot in
        try look.html(try panePage(request, in: snapshot))
      },
    ] + decisionForms + [settingsForm]
  }

  /// The address of a trace at Overlord.
  func trace(_ requestId: String) -> String {
    let base = overlord.hasSuffix("/") ? String(overlord.dropLast()) : overlord
    return "\(base)/traces/" + requestId.percentEncoded
  }
}

/// A form that was refused: its problem, and what was typed.
struct RefusedForm {
  let detail: String
  let remedy: String
  let problem: Problem
  let typed: [String: String]
  /// Whether it is about the reason that was typed.
  let isReason: Bool
  /// The order that it is about; nil for a form about several, or about the settings.
  let order: Identifier?

  init(_ problem: Problem, of request: Request, in snapshot: Snapshot) throws {
    order = request.parameters["id"].flatMap(Identifier.init)
    let decided = try order.flatMap { try snapshot.order($0) }
    detail = decided?.decisionBefore ?? problem.detail
    remedy = problem.remedy
    self.problem = problem
    isReason = problem.field == "reason"
    typed = try request.form()
  }

  /// Whether its form is on the page of the queue, with the refusal, until it is sent again.
  func isAtForm(in queue: [Order]) -> Bool {
    order.map { id in isReason && queue.contains { $0.id == id } } ?? !queue.isEmpty
  }

  /// The page that the form was on.
  var origin: String { typed["from"] ?? "" }
}

extension Order {
  /// The sentence about a decision that stays; nil before there is one.
  fileprivate var decisionBefore: String? {
    decision.map { "“\(product)” was \($0.rawValue) before, and stays \($0.rawValue)." }
  }
}

/// A sentence on a page about what was done.
struct Notice {
  let text: String
  /// `good`; `wait` for a sentence that nothing was done.
  let kind: String
}

extension Int {
  /// `1 order`, `3 orders`.
  func counted(_ noun: String) -> String { self == 1 ? "1 \(noun)" : "\(shown) \(noun)s" }
}
