import AsyncAlgorithms
import Logging
import ServiceLifecycle

/// Tells the supervisor and the log when the service is ready for the first time, and when it
/// begins to stop.
///
/// It is the last of the services, so that it is the first to be shut down.
struct ReadinessReport: Service {
  let readiness: Readiness
  let supervisor: Supervisor
  let logger: Logger

  func run() async throws {
    let ticks = AsyncTimerSequence(interval: .milliseconds(50), clock: .continuous)
    for await _ in ticks.cancelOnGracefulShutdown() where readiness.now.isReady {
      supervisor.tell("READY=1")
      logger.notice("ready", metadata: ["event.action": "ready"])
      break
    }
    try? await gracefulShutdown()
    supervisor.tell("STOPPING=1")
    logger.notice("stopping", metadata: ["event.action": "stopping"])
  }
}
