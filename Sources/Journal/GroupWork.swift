import Synchronization

/// A piece of work that shares a commit with others.
package protocol GroupWork: Sendable {
  /// Does the work in a transaction that begins now, and keeps its result; again where the commit
  /// of its group has failed for a reason that passes.
  ///
  /// - Returns: what is to be said of it after the commit.
  /// - Throws: the journal's own failure, which is that of the whole group.
  func perform(in begin: () throws -> Transaction) throws -> [Note]

  /// Answers the caller, after the commit or its failure.
  func answer(_ failure: (any Error)?)
}

/// A piece of work with the caller that waits for it.
package final class PendingWork<Value: Sendable>: GroupWork {
  private let work: @Sendable (Transaction) throws -> Value
  private let completion: @Sendable (Result<Value, any Error>) -> Void
  private let result = Mutex<Result<Value, any Error>?>(nil)

  /// - Parameters:
  ///   - work: may run more than once; only its last run is committed.
  ///   - completion: called once, after the commit or its failure.
  package init(
    _ work: @escaping @Sendable (Transaction) throws -> Value,
    completion: @escaping @Sendable (Result<Value, any Error>) -> Void
  ) {
    self.work = work
    self.completion = completion
  }

  package func perform(in begin: () throws -> Transaction) throws -> [Note] {
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

  package func answer(_ failure: (any Error)?) {
    switch (failure, result.withLock { $0 }) {
    case (let failure?, _): completion(.failure(failure))
    case (nil, let result?): completion(result)
    case (nil, nil): preconditionFailure("work of a group that was committed was done")
    }
  }
}
