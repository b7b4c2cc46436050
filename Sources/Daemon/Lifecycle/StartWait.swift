import Events
import Logging
import ServiceLifecycle

/// Waits at the start for a failure to pass by itself, for example another process's lock or a full
/// disk: as long as it takes, with one log line.
struct StartWait {
  /// The pauses between attempts: 50 ms to 2 s.
  private static let backoff = Backoff(first: .milliseconds(50), longest: .milliseconds(1_334))

  let surroundings: Surroundings
  let supervisor: Supervisor
  let logger: Logger
  /// What answers for the service while it waits for an error to pass; nil where nothing can.
  var standIn: ((any Error) -> ServiceGroup)?

  /// Takes a step of the start, again until it does not fail for a reason that passes.
  ///
  /// - Throws: the step's error, where it does not pass by itself; `CancellationError`.
  func callAsFunction<Value: ~Copyable>(_ step: () throws -> Value) async throws -> Value {
    var running: RunningGroup?
    do {
      let value = try await attempt(step, &running)
      await running?.stop()
      return value
    } catch {
      await running?.stop()
      throw error
    }
  }

  private func attempt<Value: ~Copyable>(
    _ step: () throws -> Value, _ running: inout RunningGroup?
  ) async throws -> Value {
    let began = surroundings.uptime()
    var failures = 0
    while true {
      do {
        let value = try step()
        if failures > 0 { tellEnd(after: surroundings.uptime() - began) }
        return value
      } catch  where FailureKind(error) == .passes {
        failures += 1
        if failures == 1 {
          tell(error)
          running = standIn.map { RunningGroup($0(error)) }
        }
        // More than the longest pause and the longest step together.
        supervisor.tell("EXTEND_TIMEOUT_USEC=30000000")
        try await Task.sleep(
          for: Self.backoff.pause(after: failures, random: surroundings.random()))
      }
    }
  }

  private func tell(_ error: any Error) {
    supervisor.tell("STATUS=The start waits: \(error)")
    logger.warning(
      "the start waits: \(error)", error: error, metadata: ["event.action": "start-waits"])
  }

  private func tellEnd(after time: Duration) {
    supervisor.tell("STATUS=")
    logger.notice(
      "the start continues, after it has waited for \(time.components.seconds) s",
      metadata: ["event.action": "start-continues"])
  }
}

/// Services that run until they are stopped.
private struct RunningGroup {
  private let group: ServiceGroup
  private let task: Task<Void, any Error>

  init(_ group: ServiceGroup) {
    self.group = group
    task = Task { try await group.run() }
  }

  /// Returns when they have ended, or failed: what they lacked, the service itself will report.
  func stop() async {
    await group.triggerGracefulShutdown()
    _ = await task.result
  }
}
