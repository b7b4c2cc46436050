// Beta captures orders from customers. This file puts the service together: its journal, its
// courier and its routes.

import Courier
public import Daemon
import Events
import Journal
import Schema

/// The service that shows the order form and captures orders.
public enum BetaRoom: Room {
  public static let name = "beta"
  public static let port = 3992
  public static let follows = ["alpha"]
  public static let followers = ["alpha", "overlord"]
  public static let keys: [ConfigurationKey] = []

  public static func compose(_ shell: Shell) throws -> Assembly {
    let journal = try shell.openJournal(migrations: Tables.migrations, reactions: reactions)
    let courier = ServiceCourier(
      journal: journal, own: shell.endpoints, following: shell.followed,
      surroundings: shell.surroundings, logger: shell.logger)
    return Assembly(
      journal: journal, subscriptions: { courier.subscriptions }, services: [courier],
      routes: api + pages)
  }
}
