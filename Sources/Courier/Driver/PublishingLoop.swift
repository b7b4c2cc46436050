import Events
import FoundationEssentials
import Journal
import Logging
import Runtime
import ZeroMQ

/// Runs a ``PublishingProcess`` on a socket.
struct PublishingLoop: Sendable {
  let journal: ServiceJournal
  let endpoint: String
  let roles: Roles
  let runtime: RuntimeContext
  let logger: Logger
  /// Takes the place at which the log is damaged.
  let report: @Sendable (DamagedLog) -> Void

  /// Publishes until its task is cancelled.
  func run(in context: Context, show: @escaping @Sendable (Binding.State) -> Void) async throws {
    try await context.withPublisher(binding: [endpoint], settings: .events) { publisher in
      show(.bound)
      var rebinding = Rebinding(publisher.boundEndpoints[0], logger: logger, report: show)
      var driver = Driver(
        PublishingProcess(
          catalogue: journal.publishing.catalogue, isHolding: roles.has(.publish)),
        journal: journal, runtime: runtime)
      let sources =
        [
          InputSource(publisher.changes) { PublishingProcess.Input.changed($0) },
          InputSource(commitsTo: journal) { .committed(journal.takeCommitted()) },
          InputSource(foreignCommitsTo: journal) { .committedElsewhere },
        ] + (roles.replica == nil ? [] : [InputSource(.publish, of: roles) { .holds($0) }])
      try await driver.run(on: sources) { action in
        switch action {
        case .send(let messages): try await publisher.send(messages.map(Message.init))
        case .checkSocket: try await rebinding.check(publisher.rebind)
        case .report(let damage): report(damage)
        }
        return nil
      }
    }
  }
}
