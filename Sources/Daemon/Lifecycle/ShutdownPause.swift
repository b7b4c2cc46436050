import ServiceLifecycle

/// Waits between two attempts; a graceful shutdown ends the pause.
///
/// - Throws: `CancellationError` when the task is cancelled.
func pauseUntilShutdown(_ duration: Duration) async throws {
  try? await cancelWhenGracefulShutdown { try await Task.sleep(for: duration) }
  try Task.checkCancellation()
}
