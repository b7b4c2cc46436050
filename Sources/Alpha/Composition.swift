// Alpha owns the settings and approves orders. This file puts the service together: its journal,
// its courier and its routes.

import Courier
public import Daemon
import Events
import Journal
import Schema

/// The service that owns the system-wide settings and decides about orders.
public enum AlphaRoom: Room {
  public static let name = "alpha"
  public static let port = 3991
  public static let follows = ["beta", "charlie"]
  public static let followers = ["beta", "charlie", "overlord"]
  public static let keys = [
    ConfigurationKey(
      "approval", .choice(ApprovalMode.allCases.map(\.rawValue)), default: .fixed("manual"),
      meaning: "who approves an order: a person, or Alpha itself as soon as it is captured")
  ]

  public static func compose(_ shell: Shell) throws -> Assembly {
    let approval = ApprovalMode(rawValue: shell.configuration.string("approval")) ?? .manual
    let journal = try shell.openJournal(
      migrations: Tables.migrations, reactions: reactions(approval: approval))
    try journal.commit { try $0.establishSettings(.beginning(in: shell.surroundings)) }
    let courier = ServiceCourier(
      journal: journal, own: shell.endpoints, following: shell.followed,
      surroundings: shell.surroundings, logger: shell.logger)
    return Assembly(
      journal: journal, subscriptions: { courier.subscriptions }, services: [courier],
      routes: api + pages)
  }
}
