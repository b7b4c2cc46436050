// Alpha owns the settings and approves orders. This file declares the service: its name, its
// streams, its keys, and its tables, reactions and routes.

package import Daemon
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
  package static let approval = ConfigurationKey.choice(
    "approval", default: ApprovalMode.manual,
    meaning: "the approval of orders: by a person, or automatic as soon as an order is captured"
  ).reloadable
  package static let overlord = ConfigurationKey.link(
    "pages.overlord", default: "http://127.0.0.1:3994",
    meaning: "where overlord's pages are, to which Alpha's link for the trace of an order")
  package static let keys: [any DeclaredKey] = [approval, overlord]

  package static let keepsForever: Set<String> = [SettingsChanged.schema.type]

  package static var migrations: [Migration] { Tables.migrations }

  package static func reactions(in shell: Shell) -> Reactions {
    reactions { shell.configuration[approval] }
  }

  package static func look(in shell: Shell) throws -> PageTemplates? { try look() }

  package static func pages(_ look: PageTemplates, in shell: Shell) -> [Route] {
    AlphaPages(look: look, overlord: shell.configuration[overlord]).routes
  }

  package static func prepare(_ journal: ServiceJournal, in shell: Shell) throws {
    try journal.write { try $0.establishSettings() }
  }
}
