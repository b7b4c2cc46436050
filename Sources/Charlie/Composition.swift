// Charlie charges approved orders and keeps the ledger. This file declares the service: its name,
// its streams, its keys, the worker that calls the gateway, and its tables, reactions and routes.

package import Daemon
import Glibc
import Schema

/// The service that charges and keeps the ledger.
package enum CharlieRoom: Room, KeepsTablesBeside {
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

  package static var tablesBeside: [TableBeside] { [EmbeddedGateway.table] }

  package static let checksBeside = [booksCheck]

  package static func compose(_ shell: Shell) throws -> Assembly {
    try refuseOldBooks(in: shell)
    return try compose(shell) { try services(over: $0, in: shell) }
  }

  /// Refuses books in a file beside a journal in PostgreSQL, before anything is written: without their
  /// charges, the gateway would charge them again.
  private static func refuseOldBooks(in shell: Shell) throws(StartError) {
    let file = "\(shell.stateFolder)/\(EmbeddedGateway.table.file)"
    guard let database = shell.database, access(file, F_OK) == 0 else { return }
    throw StartError(
      """
      \(file) has the books of the gateway, and the journal is in \(database); nothing was changed. \
      Leave the key charlie.journal out, stop Charlie, and move both with: eventually move charlie \
      --to ADDRESS. Or, if the books belong to no order of this journal, move the file away.
      """)
  }

  package static func services(over journal: ServiceJournal, in shell: Shell) throws
    -> [any Service]
  {
    let gateway = EmbeddedGateway(books(beside: journal, in: shell))
    return [worker(over: journal, in: shell, asking: gateway)]
  }

  /// The books of the embedded gateway: in the journal's database, where that is PostgreSQL.
  private static func books(beside journal: ServiceJournal, in shell: Shell)
    -> EmbeddedGateway.Books
  {
    journal.engineBeside().map { .database($0) }
      ?? .file("\(shell.stateFolder)/\(EmbeddedGateway.table.file)")
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
