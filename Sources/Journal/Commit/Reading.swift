import Events
import Runtime
import Synchronization

extension ServiceJournal {
  /// Reads committed data, in one snapshot.
  ///
  /// It does not wait for failures that pass by themselves.
  ///
  /// - Throws: the error of the query; or a ``JournalError``.
  public func read<Value>(_ query: (Snapshot) throws -> Value) throws -> Value {
    var hasBegun = false
    do {
      let value = try engine.read { connection in
        hasBegun = true
        return try query(Snapshot(connection: connection))
      }
      passed(.reading)
      return value
    } catch {
      throw closed(hasBegun: hasBegun, cause: error) ?? error
    }
  }

  /// The error of a query that had not begun when the journal was closed; nil for another failure.
  private func closed(hasBegun: Bool, cause: any Error) -> JournalError? {
    guard !hasBegun, let name = nameWhileClosing else { return nil }
    return .closed(name, cause: cause)
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
    @Sendable func left() -> Duration? { deadline.map { $0 - runtime.uptime() } }
    let driver = RetryDriver(
      Retrying(writeBackoff), runtime: runtime,
      pause: { pause in try await RetryDriver.sleep(min(pause, left() ?? pause)) })
    return try await driver.run(
      { try await attempt(query) },
      reason: { error in
        guard let failure = JournalError.ofJournal(error), failure.failureKind == .passes,
          left().map({ $0 > .zero }) ?? true
        else { return nil }
        return "\(failure)"
      }, report: { _ in })
  }

  /// Reads committed data without a change of threads, where the engine can: for a short query of a task that
  /// runs on ``writer``.
  ///
  /// What has failed is read again as ``read(patience:_:)`` does. A success says nothing about the connections
  /// of readers, and ends no obstacle of theirs.
  package func readBetweenWrites<Value: Sendable>(
    _ query: @escaping @Sendable (Snapshot) throws -> Value
  ) async throws -> Value {
    try Task.checkCancellation()
    let found = try? engine.readBetweenWrites { try query(Snapshot(connection: $0)) }
    if let found { return found }
    return try await read(query)
  }

  /// Reads once; a failure that passes is an obstacle.
  private func attempt<Value: Sendable>(
    _ query: @escaping @Sendable (Snapshot) throws -> Value
  ) async throws -> Value {
    let hasBegun = Mutex(false)
    do {
      let value = try await engine.read { connection in
        hasBegun.withLock { $0 = true }
        return try query(Snapshot(connection: connection))
      }
      passed(.reading)
      return value
    } catch {
      if let closed = closed(hasBegun: hasBegun.withLock(\.self), cause: error) { throw closed }
      if let failure = JournalError.ofJournal(error), failure.failureKind == .passes {
        met(failure, in: .reading)
      }
      throw error
    }
  }
}
