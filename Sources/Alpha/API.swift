// Alpha's JSON API: the settings and the orders.

import Daemon
import Events
import HTTPTypes
import Journal
import Schema

extension AlphaRoom {
  static let api: [Route] = [
    .query("/api/settings") { _, snapshot in
      try .settings(try snapshot.settingsInForce())
    },
    .command(.put, "/api/settings") { call, transaction in
      let seen = try call.seenSettings()
      let wanted: WantedSettings = try call.json()
      return try .settings(try transaction.changeSettings(to: wanted, seen: seen, call.correlation))
    },
    .query("/api/settings/history", takes: .newestFirst) { call, snapshot in
      try .list("settings", try snapshot.settingsHistory(try call.page()))
    },
    .query("/api/orders", takes: ["state"] + .newestFirst) { call, snapshot in
      try .list("orders", try snapshot.orders(in: try call.orderState(), try call.page()))
    },
    .query("/api/orders/:id") { call, snapshot in
      try .json(try snapshot.requireOrder(try call.identifier("id")))
    },
    .command(.post, "/api/orders/:id/approve", creates: false) { call, transaction in
      let order = try transaction.approveOrder(try call.identifier("id"), call.correlation)
      return try .json(order).continuing(order.requestId)
    },
    .command(.post, "/api/orders/:id/reject", creates: false) { call, transaction in
      let rejection: Rejection = try call.json()
      let order = try transaction.rejectOrder(
        try call.identifier("id"), rejection, call.correlation)
      return try .json(order).continuing(order.requestId)
    },
  ]
}

extension Answer {
  fileprivate static func settings(_ settings: SettingsChanged) throws -> Answer {
    try .json(settings, headers: [.eTag: "\"\(settings.version)\""])
  }
}

extension Call {
  /// The version of the settings that the caller has seen, which a change must name, so that
  /// nobody undoes what somebody else has just done.
  ///
  /// - Returns: nil for `*`, which is any.
  fileprivate func seenSettings() throws -> Int64? {
    guard let match = headers[.ifMatch] else {
      throw Problem.preconditionRequired(
        "if-match-required", "The change does not say which settings it is based on.",
        remedy: "Read the settings, and send their ETag as If-Match.")
    }
    if match == "*" { return nil }
    // Anything that is no ETag of ours names settings that are not in force.
    return Int64(match.trimmingPrefix("\"").prefix { $0 != "\"" }) ?? 0
  }

  /// The state in the query.
  func orderState() throws -> Order.State? {
    guard let text = query["state"], !text.isEmpty else { return nil }
    guard let state = Order.State(rawValue: text) else {
      throw Problem.invalid(
        "state", "\(text.quoted) is no state of an order.",
        remedy: "Use one of \(Order.State.allCases.map(\.rawValue).joined(separator: ", ")).")
    }
    return state
  }
}

/// Why an order is rejected.
struct Rejection: Decodable {
  let reason: String

  /// The reason, which the customer will read.
  func validated() throws -> String {
    try reason.validateEntered("reason", as: "reason for the customer", upTo: 500)
    return reason
  }
}

extension SettingsVersion: Encodable {
  private enum Key: String, CodingKey {
    case requestId, changedAt
  }

  func encode(to encoder: any Encoder) throws {
    try settings.encode(to: encoder)
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(correlationID, forKey: .requestId)
    try container.encode(changedAt, forKey: .changedAt)
  }
}
