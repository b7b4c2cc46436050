// Charlie's JSON API: the settings as Charlie knows them, the charges and the ledger.

import Daemon
import Events
import HTTPTypes
import Journal
import Schema

extension CharlieRoom {
  static let api: [Route] = [
    .query("/api/settings") { _, snapshot in
      let settings = try snapshot.settingsInForce()
      return try .json(settings, headers: [.eTag: "\"\(settings.version)\""])
    },
    .query("/api/charges", takes: .newestFirst) { call, snapshot in
      try .list("charges", try snapshot.charges(try call.page()))
    },
    .query("/api/charges/:order") { call, snapshot in
      try .json(try snapshot.requireCharge(of: try call.identifier("order")))
    },
    .query("/api/ledger") { _, snapshot in
      try .json(try snapshot.trialBalance())
    },
    .query("/api/ledger/entries", takes: ["order"] + .newestFirst) { call, snapshot in
      try .list("entries", try snapshot.entries(of: try call.order(), try call.page()))
    },
    .query("/api/ledger/fees") { _, snapshot in
      try .json(try snapshot.feeReport())
    },
  ]
}

extension Call {
  /// The order in the query.
  fileprivate func order() throws -> Identifier? {
    guard let text = query["order"] else { return nil }
    guard let order = Identifier(text) else {
      throw Problem.invalid(
        "order", "\(text.quoted) is not the id of an order.", remedy: "Use the order's id, a UUID.")
    }
    return order
  }
}
