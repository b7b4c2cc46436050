import Events

/// One run of a group's work in one transaction: the head is read once at most, and stored once.
///
/// The first run has no savepoints. Where a piece of work fails, or a part of one, the transaction is
/// rolled back, and a second run gives each of them a savepoint, so that it fails alone.
struct GroupRun {
  let connection: any Connection
  let undoing: Undoing
  /// The journal's state, where it is known.
  let known: Transaction.Beginning?
  /// Begins a piece of work.
  let begin: (any Connection, Transaction.Beginning, Undoing) throws -> Transaction

  /// The outcome of a run.
  struct Outcome {
    /// The journal's state after the work.
    var end: Transaction.Beginning
    /// The outcomes of each piece of work.
    var outcomes: [[EventOutcome]] = []
    /// The events that were emitted.
    var records: [Record] = []
  }

  /// Does the work, and stores the head where it has moved.
  ///
  /// - Parameter group: the work, asked for when the head is read: the transaction has its lock then.
  /// - Throws: ``NeedsSavepoints`` or ``OnlyWorkFailed``, for which the transaction is to be rolled
  ///   back; or a failure of the whole group.
  func perform(_ group: () -> [any GroupWork]) throws -> Outcome {
    var outcome = Outcome(
      end: try known ?? Transaction.Beginning(head: Snapshot(connection: connection).head()))
    let before = outcome.end.head
    let group = group()
    if group.isEmpty { try connection.tryToWrite() }
    for work in group {
      let transaction = try begin(connection, outcome.end, undoing)
      defer { transaction.end() }
      switch undoing {
      case .bySavepoints: try performAlone(work, in: transaction)
      case .byRollback: try perform(work, in: transaction, isOnly: group.count == 1, before: before)
      }
      outcome.end = transaction.progress.beginning
      outcome.outcomes.append(transaction.progress.outcomes)
      outcome.records += transaction.progress.records
    }
    if undoing == .byRollback {
      do {
        try connection.requireSound()
      } catch  where JournalError.isOfTheWork(error) {
        throw NeedsSavepoints()
      }
    }
    try connection.store(outcome.end.head, after: before)
    return outcome
  }

  private func performAlone(_ work: any GroupWork, in transaction: Transaction) throws {
    try transaction.attempt { ((), keep: try work.perform(in: transaction) == nil) }
  }

  private func perform(
    _ work: any GroupWork, in transaction: Transaction, isOnly: Bool, before: Head
  ) throws {
    let failure = try work.perform(in: transaction)
    if transaction.needsSavepoints { throw NeedsSavepoints() }
    guard let failure else { return }
    // A statement's failure that is reported late may be that of a part, which fails alone.
    let mayBeOfPart = connection.reportsFailuresLate && failure is JournalError
    if isOnly, !mayBeOfPart { throw OnlyWorkFailed(head: before) } else { throw NeedsSavepoints() }
  }
}

/// The only piece of work of a transaction failed: a rollback undoes it, and no second run is needed.
struct OnlyWorkFailed: Error {
  let head: Head
}

extension Connection {
  /// Stores the head of the log where it has moved.
  func store(_ head: Head, after before: Head) throws {
    guard head != before else { return }
    try run(
      """
      UPDATE journal SET sequence = \(head.sequence), chain = \(head.chain),
      committed_at = \(head.committedAt), lost = \(head.lost) WHERE id = 1
      """)
  }
}
