import Runtime
import ServiceLifecycle

extension RetryDriver {
  /// A driver for the run of a service: a graceful shutdown ends the attempts.
  convenience init(untilShutdown retrying: Retrying, runtime: RuntimeContext) {
    self.init(
      retrying, runtime: runtime,
      pause: { time in try await cancelWhenGracefulShutdown { try await Self.sleep(time) } })
  }

  /// Performs the operation until it succeeds or fails for good, or the service is shut down.
  ///
  /// - Parameters: as those of ``run(_:reason:report:)``.
  func runUntilShutdown(
    _ operation: () async throws -> Void, reason: (any Error) -> String?,
    report: (Retrying.Decision) -> Void
  ) async throws {
    guard !Task.isShuttingDownGracefully else { return }
    do {
      try await run(operation, reason: reason, report: report)
    } catch is CancellationError where Task.isShuttingDownGracefully {}
  }
}
