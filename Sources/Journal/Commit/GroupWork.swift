import Events

/// A piece of work that shares a commit with others.
package protocol GroupWork: AnyObject, Sendable {
  /// Does the work, and keeps its result; again where its group is run again.
  ///
  /// - Returns: the error of the work itself, which leaves changes behind; nil for success.
  /// - Throws: a failure of the whole group.
  func perform(in transaction: Transaction) throws -> (any Error)?

  /// Answers the caller, after the commit or its failure.
  func answer(_ failure: (any Error)?)
}

/// A piece of work with the caller that waits for it.
///
/// Its result is set and read by the one thread that commits. Any other may answer it with a failure,
/// which does not look at the result.
package final class PendingWork<Value: Sendable>: GroupWork, @unchecked Sendable {
  /// The work of the task that asked for it, to which its events and log lines belong.
  private let correlation = Correlation.current
  private let work: @Sendable (Transaction) throws -> Value
  private let completion: @Sendable (Result<Value, any Error>) -> Void
  private var result: Result<Value, any Error>?

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

  package func perform(in transaction: Transaction) throws -> (any Error)? {
    do {
      let value = try Correlation.$current.withValue(correlation) { try work(transaction) }
      try transaction.finish()
      result = .success(value)
      return nil
    } catch  where JournalError.isOfTheWork(error) {
      result = .failure(error)
      return error
    }
  }

  package func answer(_ failure: (any Error)?) {
    if let failure { return completion(.failure(failure)) }
    guard let result else { preconditionFailure("work of a group that was committed was done") }
    completion(result)
  }
}
