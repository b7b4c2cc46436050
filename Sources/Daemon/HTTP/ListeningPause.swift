import Events
import Runtime
import ServiceLifecycle

/// The pauses between attempts to listen: 100 ms to 5 s.
struct ListeningPause {
  private static let backoff = Backoff(first: .milliseconds(100), longest: .seconds(5))

  let random: @Sendable () -> UInt64
  private(set) var failures = 0

  init(random: @escaping @Sendable () -> UInt64) {
    self.random = random
  }

  /// Waits before the next attempt; a graceful shutdown ends the pause.
  ///
  /// - Throws: `CancellationError` when the task is cancelled.
  mutating func wait() async throws {
    failures += 1
    let pause = Self.backoff.pause(after: failures, random: random())
    try? await cancelWhenGracefulShutdown { try await Task.sleep(for: pause) }
    try Task.checkCancellation()
  }
}
