import Events
import Journal
import Logging
import Runtime
import ZeroMQ

/// Runs a ``ConnectionProcess``: libzmq does not report connections that are refused or cut.
struct ConnectionReport: Sendable {
  let journal: ServiceJournal
  let limits: ContextLimits
  let runtime: RuntimeContext
  let logger: Logger

  /// Looks once a second, until its task is cancelled.
  func run() async throws {
    var driver = Driver(
      ConnectionProcess(limits, since: .ofThisProcess), journal: journal,
      runtime: runtime)
    try await driver.run { action in
      switch action {
      case .count: return .counted(.ofThisProcess)
      case .log(let line):
        logger.log(
          level: line.level, "\(line.text)",
          metadata: ["event.action": "\(line.action)", "labels.total": "\(line.total)"])
        return nil
      }
    }
  }
}
