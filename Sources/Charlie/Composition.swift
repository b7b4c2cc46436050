// Charlie charges approved orders and keeps the ledger. This file puts the service together: its
// journal, its courier, the worker that asks the gateway, and its routes.

import Courier
public import Daemon
import Events
import Journal
import Schema

/// The service that charges and keeps the ledger.
public enum CharlieRoom: Room {
  public static let name = "charlie"
  public static let port = 3993
  public static let follows = ["alpha"]
  public static let followers = ["alpha", "overlord"]
  public static let keys = [
    ConfigurationKey(
      "gateway.concurrency", .number(1...64), default: .fixed("8"),
      meaning: "how many charges are asked of the gateway at once")
  ]

  public static func compose(_ shell: Shell) throws -> Assembly {
    let journal = try shell.openJournal(migrations: Tables.migrations, reactions: reactions)
    let courier = ServiceCourier(
      journal: journal, own: shell.endpoints, following: shell.followed,
      surroundings: shell.surroundings, logger: shell.logger)
    let worker = ChargingWorker(
      journal: journal,
      gateway: try EmbeddedGateway(path: shell.stateFolder + "/gateway.sqlite"),
      concurrency: shell.configuration.int("gateway.concurrency"),
      surroundings: shell.surroundings, logger: shell.logger)
    return Assembly(
      journal: journal, subscriptions: { courier.subscriptions }, services: [courier, worker],
      routes: api + pages)
  }
}
