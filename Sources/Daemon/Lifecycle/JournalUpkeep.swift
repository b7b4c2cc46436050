import Courier
import Events
import Journal
import Logging
import Runtime
import ServiceLifecycle

/// Runs an ``UpkeepProcess`` on the service's journal.
struct JournalUpkeep: Service {
  private let journal: ServiceJournal
  /// The types of the events that never go.
  private let forever: Set<String>
  private let configuration: CurrentConfiguration
  /// The retentions of reloads.
  private let changes = Mailbox<Retention>()
  private let runtime: RuntimeContext
  private let logger: Logger

  init(
    _ assembly: Assembly, configuration: CurrentConfiguration, runtime: RuntimeContext,
    logger: Logger
  ) {
    journal = assembly.journal
    forever = assembly.keepsForever
    self.configuration = configuration
    self.runtime = runtime
    self.logger = logger
  }

  /// Goes by the retention of another configuration from now on.
  @Sendable func change(to configuration: ServiceConfiguration) {
    changes.append(Retention(configuration, forever: forever))
  }

  func run() async throws {
    do {
      try await cancelWhenGracefulShutdown { try await self.work() }
    } catch is CancellationError {
      logger.debug("the upkeep of the journal has stopped")
    }
  }

  private func work() async throws {
    var driver = Driver(
      UpkeepProcess(
        Retention(configuration.now, forever: forever), wallClock: runtime.now), journal: journal,
      runtime: runtime)
    let sources: [InputSource<UpkeepProcess.Input>] = [
      InputSource(possibleDeferralsIn: journal) { .committed },
      InputSource(foreignCommitsTo: journal) { .committed }, InputSource(changes) { .changed($0) },
    ]
    try await driver.run(on: sources) { action in
      switch action {
      case .shrinkLogFile: return .looked(await journal.shrinkLogFile())
      case .lookAtClock: return .clock(journal.clockStatus)
      case .log(let line):
        logger.log(
          level: line.level, "\(line.text)",
          metadata: line.action.map { ["event.action": "\($0)"] })
        return nil
      }
    }
  }
}
