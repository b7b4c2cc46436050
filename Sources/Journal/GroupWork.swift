import Synchronization

/// A piece of work that shares a commit with others.
protocol GroupWork: Sendable {
  /// Does the work in a transaction that begins now, and keeps its result; again where the commit
  /// of its group has failed for a reason that passes.
  ///
  /// - Returns: what is to be said of it after the commit.
  /// - Throws: the journal's own failure, which is that of the whole group.
  func perform(in begin: () throws -> Transaction) throws -> [Note]

  /// Answers whoever waits, after the commit or its failure.
  func answer(_ failure: (any Error)?)
}

/// A piece of work with the task that waits for it.
final class WaitingWork<Value: Sendable>: GroupWork {
  private let work: @Sendable (Transaction) throws -> Value
  private let continuation: CheckedContinuation<Value, any Error>
  private let result = Mutex<Result<Value, any Error>?>(nil)

  init(
    _ work: @escaping @Sendable (Transaction) throws -> Value,
    _ continuation: CheckedContinuation<Value, any Error>
  ) {
    (self.work, self.continuation) = (work, continuation)
  }

  func perform(in begin: () throws -> Transaction) throws -> [Note] {
    let transaction = try begin()
    do {
      let value = try transaction.attempt {
        let value = try work(transaction)
        try transaction.finish()
        return (value, keep: true)
      }
      result.withLock { $0 = .success(value) }
    } catch  where JournalError.isOfTheWork(error) {
      result.withLock { $0 = .failure(error) }
    }
    return transaction.progress.notes
  }

  func answer(_ failure: (any Error)?) {
    switch (failure, result.withLock { $0 }) {
    case (let failure?, _): continuation.resume(throwing: failure)
    case (nil, let result?): continuation.resume(with: result)
    case (nil, nil): preconditionFailure("work of a group that was committed was done")
    }
  }
}
