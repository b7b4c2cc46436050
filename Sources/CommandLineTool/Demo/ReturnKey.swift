import NIOPosix

/// The Return key of a person at the standard input.
///
/// The thread that reads cannot be interrupted, and ends with the process; a task that waits can.
final class ReturnKey: Sendable {
  private let presses: AsyncStream<Void>

  init() {
    let (presses, continuation) = AsyncStream.makeStream(of: Void.self)
    self.presses = presses
    NIOThreadPool.singleton.submit { _ in
      while readLine() != nil { continuation.yield() }
      continuation.finish()
    }
  }

  /// Waits for the next press; at the end of the input it returns at once.
  ///
  /// - Throws: `CancellationError`.
  func pressed() async throws {
    Output.notes.line("   Press Return to go on.")
    for await _ in presses { break }
    try Task.checkCancellation()
  }
}
