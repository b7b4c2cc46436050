import Synchronization

/// Performs an operation again and again, as a ``Retrying`` decides: the driver of all operations
/// that wait for a failure to pass, but for commits, which wait together.
///
/// It decides nothing: it attempts, reports and waits.
package final class RetryDriver: Sendable {
  /// Waits for a time, or throws `CancellationError`.
  package typealias Pause = @Sendable (Duration) async throws -> Void

  private let retrying: Mutex<Retrying>
  private let runtime: RuntimeContext
  private let pause: Pause

  /// - Parameter pause: waits between two attempts; what it throws ends the attempts.
  package init(
    _ retrying: Retrying, runtime: RuntimeContext, pause: @escaping Pause = RetryDriver.sleep
  ) {
    self.retrying = Mutex(retrying)
    self.runtime = runtime
    self.pause = pause
  }

  /// Waits until the time is over, or its task is cancelled.
  package static let sleep: Pause = { try await Task.sleep(for: $0) }

  /// Performs the operation until it succeeds or fails for good.
  ///
  /// - Parameters:
  ///   - operation: may run more than once.
  ///   - reason: the reason of a failure, for people; nil where it does not pass.
  ///   - report: takes each decision, before the pause.
  /// - Throws: an error that has no reason to try again, or that of the pause.
  package func run<Value>(
    _ operation: () async throws -> Value, reason: (any Error) -> String?,
    report: (Retrying.Decision) -> Void
  ) async throws -> Value {
    while true {
      let beginning = runtime.uptime()
      do {
        return try await operation()
      } catch {
        guard let reason = reason(error) else { throw error }
        let duration = runtime.uptime() - beginning
        let decision = retrying.withLock {
          $0.failed(reason, after: duration, random: runtime.random())
        }
        report(decision)
        try await pause(decision.pause)
      }
    }
  }

  /// An attempt has succeeded, perhaps before it ends.
  ///
  /// - Returns: whether attempts before it had failed, so that the success is logged.
  package func succeeded() -> Bool {
    retrying.withLock { $0.succeeded() }
  }
}
