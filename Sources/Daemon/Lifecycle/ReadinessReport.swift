import AsyncAlgorithms
import Logging
import ServiceLifecycle

/// Tells the supervisor and the log when the service is ready for the first time, and when it
/// begins to stop.
///
/// A stopped stream keeps the service from being ready, but not the supervisor waiting: it would
/// kill the daemon in the end, and start it again for ever, where only an operator helps.
///
/// It is the last of the services, so that it is the first to be shut down.
struct ReadinessReport: Service {
  let readiness: Readiness
  let supervisor: Supervisor
  let logger: Logger

  func run() async throws {
    let ticks = AsyncTimerSequence(interval: .milliseconds(50), clock: .continuous)
    for await _ in ticks.cancelOnGracefulShutdown() {
      let state = readiness.now
      guard state.isStarted else { continue }
      supervisor.tell("READY=1")
      log(state)
      break
    }
    try? await gracefulShutdown()
    supervisor.tell("STOPPING=1")
    logger.notice("stopping", metadata: ["event.action": "stopping"])
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
