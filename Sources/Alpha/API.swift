// Alpha's JSON API: the settings and the orders, and the problem that each refusal is.

package import Daemon
import Schema

extension AlphaRoom {
  package static let api: [Route] = [
    .query("/api/settings") { _, snapshot in
      try .settings(try snapshot.settingsInForce())
    },
    .command(.put, "/api/settings", reading: SettingsChange.init) { change, _, transaction in
      try .settings(
        try transaction.changeSettings(to: change.wanted, seen: change.seen))
    },
    .query("/api/settings/history", takes: .newestFirst) { request, snapshot in
      let versions = try snapshot.settingsHistory(try request.page())
      return try .list("settings", page: versions.map(SettingsVersionDocument.init))
    },
    .query("/api/orders", takes: ["state"] + .newestFirst) { request, snapshot in
      let orders = try snapshot.orders(
        try request.page(), where: try request.orderState()?.condition ?? "1 = 1")
      return try .list("orders", page: orders.map(OrderDocument.init))
    },
    .query("/api/orders/:id") { request, snapshot in
      try .json(OrderDocument(try snapshot.requireOrder(try request.identifier("id"))))
    },
    .command(.post, "/api/orders/:id/approve", creates: false) { request, transaction in
      try .order(try transaction.approveOrder(try request.identifier("id")))
    },
    .command(
      .post, "/api/orders/:id/reject", creates: false, body: Rejection.self
    ) { rejection, request, transaction in
      try .order(
        try transaction.rejectOrder(try request.identifier("id"), because: rejection.reason))
    },
  ]
}

extension Response {
  fileprivate static func settings(_ settings: SettingsChanged) throws -> Response {
    try .json(SettingsDocument(settings), headers: [.eTag: "\"\(settings.version)\""])
  }

  fileprivate static func order(_ order: Order) throws -> Response {
    try .json(OrderDocument(order)).continuing(order.requestId)
  }
}

// MARK: What clients send

/// A change of the settings, with the version that the client has seen.
///
/// A change must name it, so that it undoes no change of another client.
private struct SettingsChange {
  /// The version that the client has seen; nil for `*`, which is any.
  let seen: Int64?
  let wanted: WantedSettings

  init(_ request: Request) throws {
    seen = try request.seenSettings()
    wanted = try request.json()
  }
}

/// The body of a rejection.
private struct Rejection: Decodable {
  let reason: String
}

extension Request {
  fileprivate func seenSettings() throws -> Int64? {
    guard let match = headers[.ifMatch] else {
      throw Problem.preconditionRequired(
        "if-match-required", detail: "The change does not name the settings that it is based on.",
        remedy: "Read the settings, and send their ETag as If-Match.")
    }
    if match == "*" { return nil }
    // Anything that is no ETag of ours names settings that are not in force.
    return Int64(match.trimmingPrefix("\"").prefix { $0 != "\"" }) ?? 0
  }

  /// The state in the query.
  func orderState() throws -> Order.StateName? {
    guard let text = query["state"], !text.isEmpty else { return nil }
    guard let state = Order.StateName(rawValue: text) else {
      let names = Order.StateName.allCases.map(\.rawValue).joined(separator: ", ")
      throw Problem.invalid(
        "state", detail: "\(text.quoted) is no state of an order.", remedy: "Use one of \(names).")
    }
    return state
  }
}

// MARK: Refusals

extension Refusal: ProblemRepresentable {
  var problem: Problem {
    let detail = description.asSentence
    switch self {
    case .noSettings:
      return .unavailable("no-settings", detail: detail, remedy: "Try again: it is just starting.")
    case .staleSettings(let version):
      return .preconditionFailed(
        "stale-settings", detail: detail,
        remedy: "Read them again, and repeat the change if it is still wanted.",
        members: ["version": .integer(version)])
    case .otherCurrency(_, let currency):
      return .invalid(
        "currency", detail: detail,
        remedy: "Send the amounts in \(currency.code): a system has one currency.")
    case .invalidAmount(_, let field):
      return .unprocessable(
        "invalid-money", detail: detail,
        remedy: "Send a count of minor units from 0 to \(Money.limit).",
        members: ["path": .string(field)])
    case .invalidReason:
      return .invalid(
        "reason", detail: detail,
        remedy: "Write the reason for the customer in 1 to 500 characters.")
    case .unknownOrder:
      return .notFound(
        "no-such-order", detail: detail,
        remedy: "An order that Beta has just captured may still be on its way: try again.")
    case .decided(let id, _, let requestId):
      return .conflict(
        "order-decided", detail: detail,
        remedy: "An order is decided once. Read it to see how far it has come.",
        members: ["orderId": .string(id.description)]
      ).continuing(requestId)
    }
  }
}
