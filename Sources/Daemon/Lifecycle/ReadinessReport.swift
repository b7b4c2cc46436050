import Courier
import Events
import Journal
import Logging
import ServiceLifecycle

/// Reports to the supervisor and the log when the service is ready for the first time, and when it
/// begins to stop.
///
/// It runs a ``ReadinessProcess``. It is the last of the services, so that it is the first to be shut
/// down.
struct ReadinessReport: Service {
  let readiness: Readiness
  let assembly: Assembly
  let supervisor: Supervisor
  let reports: LifecycleReports
  let runtime: RuntimeContext
  let logger: Logger

  func run() async throws {
    try? await cancelWhenGracefulShutdown { try await announce() }
    reports.stopping()
    logger.notice("stopping", metadata: ["event.action": "stopping"])
  }

  private func announce() async throws {
    var driver = Driver(ReadinessProcess(), journal: assembly.journal, runtime: runtime)
    try await driver.run { action in
      switch action {
      case .look:
        return .looked(
          readiness.now, applied: assembly.subscriptions().reduce(0) { $0 + $1.cursor })
      case .askForTime(let state):
        supervisor.askForTime(
          status: "not ready: \(state.reasons?.joined(separator: "; ") ?? state.status)")
        return nil
      case .announce(let state):
        await reports.ready()
        log(state)
        return nil
      }
    }
  }

  private func log(_ state: Readiness.State) {
    guard let reasons = state.reasons else {
      return logger.notice("ready", metadata: ["event.action": "ready"])
    }
    logger.warning(
      "started, but not ready: \(reasons.joined(separator: "; "))",
      metadata: ["event.action": "started"])
  }
}
