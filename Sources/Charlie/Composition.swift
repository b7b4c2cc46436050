// Charlie charges approved orders and keeps the ledger. This file declares the service: its name,
// its streams, its keys, the worker that calls the gateway, and its tables, reactions and routes.

package import Daemon
import Schema

/// The service that charges and keeps the ledger.
package enum CharlieRoom: Room {
  package static let name = "charlie"
  package static let port = 3993
  package static let follows = ["alpha"]
  package static let followers = ["alpha", "overlord"]
  package static let publishes: [any Event.Type] = [OrderCharged.self, OrderDeclined.self]
  package static let watchers = ["overlord"]
  package static let keys: [any DeclaredKey] = [concurrency]

  package static let checks = [ledgerCheck, totalsCheck]

  package static var migrations: [Migration] { Tables.migrations }

  package static func look(in shell: Shell) throws -> PageTemplates? { try look() }

  package static func pages(_ look: PageTemplates, in shell: Shell) -> [Route] { pages(look) }

  package static func services(over journal: ServiceJournal, in shell: Shell)
    -> [any Service]
  {
    let gateway = EmbeddedGateway(.file(shell.stateFolder + "/gateway.sqlite"))
    return [worker(over: journal, in: shell, asking: gateway)]
  }

  /// Makes the service around another payment gateway.
  package static func compose(_ shell: Shell, asking gateway: any PaymentGateway) throws
    -> Assembly
  {
    try compose(shell) { [worker(over: $0, in: shell, asking: gateway)] }
  }

  private static let concurrency = ConfigurationKey.number(
    "gateway.concurrency", in: 1...64, default: 64,
    meaning: "how many charges are asked of the gateway at once")

  private static func worker(
    over journal: ServiceJournal, in shell: Shell, asking gateway: any PaymentGateway
  ) -> ChargingWorker {
    ChargingWorker(
      journal: journal, gateway: gateway,
      concurrency: shell.configuration[concurrency],
      runtime: shell.runtime, logger: shell.logger, attempts: ChargeAttempts(shell.metrics),
      tracer: shell.tracer)
  }
}
