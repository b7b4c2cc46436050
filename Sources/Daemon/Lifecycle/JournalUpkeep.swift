import Courier
import Events
import Journal
import Logging
import Runtime
import ServiceLifecycle

/// Runs an ``UpkeepProcess`` on the service's journal.
struct JournalUpkeep: Service {
  let journal: ServiceJournal
  let retention: Retention
  let runtime: RuntimeContext
  let logger: Logger

  func run() async throws {
    do {
      try await cancelWhenGracefulShutdown { try await self.work() }
    } catch is CancellationError {
      logger.debug("the upkeep of the journal has stopped")
    }
  }

  private func work() async throws {
    var driver = Driver(
      UpkeepProcess(retention, wallClock: runtime.now), journal: journal,
      runtime: runtime)
    try await driver.run(on: [InputSource(commitsTo: journal) { .committed }]) { action in
      switch action {
      case .shrinkLogFile: return .looked(await journal.shrinkLogFile())
      case .log(let line):
        logger.log(
          level: line.level, "\(line.text)",
          metadata: line.action.map { ["event.action": "\($0)"] })
        return nil
      }
    }
  }
}
