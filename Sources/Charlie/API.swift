// Charlie's JSON API: the settings as Charlie knows them, the charges and the ledger; and the problem
// that each refusal is.

package import Daemon
import Schema

extension CharlieRoom {
  package static let api: [Route] = [
    .query("/api/settings") { _, snapshot in
      let settings = try snapshot.settingsInForce()
      return try .json(SettingsDocument(settings), headers: [.eTag: "\"\(settings.version)\""])
    },
    .query("/api/charges", takes: .newestFirst) { request, snapshot in
      try .list("charges", page: try snapshot.charges(try request.page()).map(ChargeDocument.init))
    },
    .query("/api/charges/:order") { request, snapshot in
      try .json(ChargeDocument(try snapshot.requireCharge(of: try request.identifier("order"))))
    },
    .query("/api/ledger") { _, snapshot in
      try .json(TrialBalanceDocument(try snapshot.trialBalance()))
    },
    .query("/api/ledger/entries", takes: ["order"] + .newestFirst) { request, snapshot in
      let entries = try snapshot.entries(of: try request.order(), try request.page())
      return try .list("entries", page: entries.map(EntryDocument.init))
    },
    .query("/api/ledger/fees") { _, snapshot in
      try .json(try FeeReportDocument(try snapshot.feeReport(), in: snapshot))
    },
  ]
}

extension Request {
  /// The order in the query.
  fileprivate func order() throws -> Identifier? {
    guard let text = query["order"] else { return nil }
    guard let order = Identifier(text) else {
      throw Problem.invalid(
        "order", detail: "\(text.quoted) is not the id of an order.",
        remedy: "Use the order's id, a UUID.")
    }
    return order
  }
}

extension Refusal: ProblemRepresentable {
  var problem: Problem {
    let detail = description.asSentence
    switch self {
    case .noSettings:
      return .unavailable(
        "no-settings", detail: detail, remedy: "Start Alpha, or wait for it; then try again.")
    case .unknownCharge:
      return .notFound(
        "no-such-charge", detail: detail,
        remedy: "An order is charged once Alpha has approved it: look at it there, or try again.")
    }
  }
}
