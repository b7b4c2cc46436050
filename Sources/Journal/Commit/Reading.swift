import Events
import Runtime

extension ServiceJournal {
  /// Reads committed data, in one snapshot.
  ///
  /// It does not wait for failures that pass by themselves.
  public func read<Value>(_ query: (Snapshot) throws -> Value) throws -> Value {
    let value = try engine.read { try query(Snapshot(connection: $0)) }
    passed(.reading)
    return value
  }

  /// Reads committed data, in one snapshot, without blocking the caller's thread.
  ///
  /// It waits for failures that pass, for example missing descriptors.
  ///
  /// - Parameters:
  ///   - patience: the time to wait for a failure that passes; nil without a limit.
  ///   - query: may run more than once.
  /// - Throws: the error of the query; a ``JournalError``; or `CancellationError`.
  public func read<Value: Sendable>(
    patience: Duration? = nil, _ query: @escaping @Sendable (Snapshot) throws -> Value
  ) async throws -> Value {
    let deadline = patience.map { runtime.uptime() + $0 }
    for failures in 1... {
      do {
        let value = try await engine.read { try query(Snapshot(connection: $0)) }
        passed(.reading)
        return value
      } catch {
        guard let failure = JournalError.ofJournal(error) else { throw error }
        guard failure.failureKind == .passes else { throw failure }
        met(failure, in: .reading)
        let left = deadline.map { $0 - runtime.uptime() }
        guard left.map({ $0 > .zero }) ?? true else { throw failure }
        let pause = writeBackoff.pause(after: failures, random: runtime.random())
        try await Task.sleep(for: min(pause, left ?? pause))
      }
    }
    preconditionFailure("there is always another attempt")
  }
}
