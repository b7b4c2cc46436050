// Beta captures orders from customers. This file puts the service together: its journal, its
// courier and its routes.

import Courier
package import Daemon
package import Events
import Journal
import Schema

/// The service that shows the order form and captures orders.
package enum BetaRoom: Room {
  package static let name = "beta"
  package static let port = 3992
  package static let follows = ["alpha"]
  package static let followers = ["alpha", "overlord"]
  package static let publishes: [any Event.Type] = [OrderCaptured.self]
  package static let watchers = ["overlord"]
  package static let keys = [
    ConfigurationKey(
      "carts.age", .number(1...3_153_600_000), default: .fixed("86400"),
      meaning: "how many seconds a cart stays that is not ordered from; a day")
  ]

  package static func compose(_ shell: Shell) throws -> Assembly {
    let journal = try shell.openJournal(migrations: Tables.migrations, reactions: reactions)
    try withdrawPromises(journal)
    let courier = ServiceCourier(
      journal: journal, own: shell.endpoints, following: shell.followed,
      surroundings: shell.surroundings, logger: shell.logger)
    let look = try look()
    let cartAge = Duration.seconds(shell.configuration.int("carts.age"))
    return Assembly(
      journal: journal, subscriptions: { courier.subscriptions }, services: [courier],
      routes: api(cartAge: cartAge) + pages(look, cartAge: cartAge), pages: look)
  }

  /// In pieces, since there may be many carts, and before anybody can see one.
  private static func withdrawPromises(_ journal: ServiceJournal) throws {
    guard journal.publishing.version(of: OrderCaptured.self) < OrderCaptured.promisingVersion else {
      return
    }
    var last: Identifier?
    repeat {
      last = try journal.write { try $0.withdrawPromises(after: last, limit: 500) }
    } while last != nil
  }
}
