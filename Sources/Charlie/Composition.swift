// Charlie charges approved orders and keeps the ledger. This file puts the service together: its
// journal, its courier, the worker that asks the gateway, and its routes.

import Courier
package import Daemon
package import Events
package import Journal
import Schema

/// The service that charges and keeps the ledger.
package enum CharlieRoom: Room {
  package static let name = "charlie"
  package static let port = 3993
  package static let follows = ["alpha"]
  package static let followers = ["alpha", "overlord"]
  package static let publishes: [any Event.Type] = [OrderCharged.self, OrderDeclined.self]
  package static let watchers = ["overlord"]
  package static let keys = [
    ConfigurationKey(
      "gateway.concurrency", .number(1...64), default: .fixed("8"),
      meaning: "how many charges are asked of the gateway at once")
  ]

  package static let checks = [ledgerCheck]

  package static func compose(_ shell: Shell) throws -> Assembly {
    try compose(shell, asking: EmbeddedGateway(.file(shell.stateFolder + "/gateway.sqlite")))
  }

  /// Puts the service together around a payment gateway.
  package static func compose(_ shell: Shell, asking gateway: any PaymentGateway) throws
    -> Assembly
  {
    let journal = try shell.openJournal(migrations: Tables.migrations, reactions: reactions)
    let courier = ServiceCourier(
      journal: journal, own: shell.endpoints, following: shell.followed,
      surroundings: shell.surroundings, logger: shell.logger)
    let worker = ChargingWorker(
      journal: journal, gateway: gateway,
      concurrency: shell.configuration.int("gateway.concurrency"),
      surroundings: shell.surroundings, logger: shell.logger)
    let look = try look()
    return Assembly(
      journal: journal, subscriptions: { courier.subscriptions }, services: [courier, worker],
      routes: api + pages(look), pages: look)
  }
}
