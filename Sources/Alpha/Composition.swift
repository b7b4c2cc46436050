// Alpha owns the settings and approves orders. This file puts the service together: its journal,
// its courier and its routes.

import Courier
package import Daemon
package import Events
import Journal
import Schema

/// The service that owns the system-wide settings and decides about orders.
package enum AlphaRoom: Room {
  package static let name = "alpha"
  package static let port = 3991
  package static let follows = ["beta", "charlie"]
  package static let followers = ["beta", "charlie", "overlord"]
  package static let publishes: [any Event.Type] = [
    SettingsChanged.self, OrderApproved.self, OrderRejected.self, OrderFinalized.self,
  ]
  package static let watchers = ["overlord"]
  package static let keys = [
    ConfigurationKey(
      "approval", .choice(ApprovalMode.allCases.map(\.rawValue)), default: .fixed("manual"),
      meaning: "who approves an order: a person, or Alpha itself as soon as it is captured")
  ]

  package static func compose(_ shell: Shell) throws -> Assembly {
    let approval = ApprovalMode(rawValue: shell.configuration.string("approval")) ?? .manual
    let journal = try shell.openJournal(
      migrations: Tables.migrations, reactions: reactions(approval: approval))
    try journal.write { try $0.establishSettings(shell.start) }
    let courier = ServiceCourier(
      journal: journal, own: shell.endpoints, following: shell.followed,
      surroundings: shell.surroundings, logger: shell.logger)
    let look = try look()
    return Assembly(
      journal: journal, subscriptions: { courier.subscriptions },
      keepsForever: [SettingsChanged.schema.type], services: [courier],
      routes: api + pages(look), pages: look)
  }
}
