import Events
import Runtime
import Synchronization

extension ServiceJournal {
  /// Runs work in a transaction, commits it, and then reports the commit.
  ///
  /// The caller's thread waits; a report and other work must not call it. It does not wait for
  /// failures that pass by themselves.
  ///
  /// - Throws: the work's own error, nothing being changed; a ``JournalError`` whose kind is
  ///   `passes`, nothing being changed; or another ``JournalError``, after which the journal
  ///   accepts no work any more.
  @discardableResult
  public func write<Value>(_ work: (Transaction) throws -> Value) throws -> Value {
    try writer.sync { try perform(work) }
  }

  private func perform<Value>(_ work: (Transaction) throws -> Value) throws -> Value {
    try inOneCommit { connection, known in
      let beginning =
        try known ?? Transaction.Beginning(head: Snapshot(connection: connection).head())
      let transaction = try begin(in: connection, after: beginning)
      defer { transaction.end() }
      let value = try work(transaction)
      try transaction.finish()
      let progress = transaction.progress
      try connection.store(progress.head, after: beginning.head)
      return (
        value,
        Commit(
          end: progress.beginning, outcomes: progress.outcomes, records: progress.records)
      )
    }
  }

  /// One commit after another, its report before the next one, so that reports come in order
  /// and nothing is committed after a failure.
  private func inOneCommit<Value>(
    _ work: (any Connection, _ known: Transaction.Beginning?) throws -> (Value, Commit)
  ) throws -> Value {
    // This work has not begun: the outcome of another commit is not its own.
    if let failure = state.withLock({ $0.failure }) {
      throw JournalError.closed(place.name, cause: failure)
    }
    var stage = CommitStage.beginning
    var version: UInt32?
    let began = runtime.uptime()
    do {
      var (value, commit) = try engine.write { connection in
        stage = .working
        version = connection.dataVersion
        let result = try work(connection, known(at: version))
        stage = .committing
        return result
      }
      commit.took = runtime.uptime() - began
      let readers = state.withLock { [commit] state in
        state.known = version.map { (commit.end.known, since: $0) }
        state.lost = commit.head.lost
        state.lastCommit = commit.head.committedAt
        state.tail.append(commit.records, head: commit.head)
        return state.commitReaders
      }
      report(commit)
      readers.yield(commit)
      return value
    } catch {
      state.withLock { $0.known = nil }
      switch CommitFailure(error, at: stage, whileClosing: nameWhileClosing) {
      case .ofTheWork(let error): throw error
      case .passes(let failure), .closed(let failure): throw failure
      case .ends(let failure): throw fail(failure)
      }
    }
  }

  /// What the last transaction has left, where no other commit has come since.
  private func known(at version: UInt32?) -> Transaction.Beginning? {
    state.withLock { state in
      guard let version, let known = state.known, version == known.since &+ 1 else { return nil }
      return known.end
    }
  }

  private func begin(
    in connection: any Connection, after beginning: Transaction.Beginning,
    undoing: Undoing = .bySavepoints
  ) throws -> Transaction {
    try Transaction(connection, after: beginning, undoing: undoing, in: context)
  }
}

// MARK: Work that shares commits

extension ServiceJournal {
  /// Runs work in a transaction and returns after the commit.
  ///
  /// Work that arrives during a commit shares the next one: groups form under load, and a single
  /// piece does not wait. Each piece of work fails alone. Every answer waits for the commit,
  /// refusals too: they may depend on another decision of the group.
  ///
  /// After a failure that passes, for example another process's lock or a full disk, the work waits
  /// and runs again, from its beginning. No thread is blocked meanwhile. Where one piece of work
  /// may be the cause, the pieces are tried one at a time, in the journal's own order.
  ///
  /// It runs on the journal's own thread, which the cancellation of the caller's task does not
  /// reach: an interrupt would roll the whole transaction back. Work that an obstacle holds up
  /// leaves when its task is cancelled.
  ///
  /// - Parameters:
  ///   - patience: the time to wait for a failure to pass; nil without a limit, zero to fail at
  ///     once where an obstacle is known.
  ///   - work: may run more than once; only its last run is committed.
  /// - Throws: the work's own error; a ``JournalError`` whose kind is `passes` when the patience is
  ///   over; `CancellationError`; or another ``JournalError``, after which the journal accepts no
  ///   more work. Nothing was changed in any of these cases but the last, in which only the next
  ///   start finds the result.
  @discardableResult
  public nonisolated(nonsending) func write<Value: Sendable>(
    patience: Duration? = nil, _ work: @escaping @Sendable (Transaction) throws -> Value
  ) async throws -> Value {
    let deadline = patience.map { runtime.uptime() + $0 }
    let id = state.withLock { $0.commits.takeID() }
    defer { state.withLock { $0.commits.forget(id) } }
    return try await withTaskCancellationHandler {
      try await withUnsafeThrowingContinuation { continuation in
        let work = PendingWork(work) { continuation.resume(with: $0) }
        drive(.submitted(.init(id: id, work: work, deadline: deadline)))
      }
    } onCancel: {
      drive(.cancelled(id))
    }
  }

  /// Runs pieces of work, each as ``write(patience:_:)`` does, and returns when all have ended.
  ///
  /// They wait in their order, and for the same commit, unless an obstacle or the largest group parts
  /// them.
  ///
  /// - Returns: the results, in the order of the pieces.
  package nonisolated(nonsending) func write<Value: Sendable>(
    _ pieces: [(patience: Duration?, work: @Sendable (Transaction) throws -> Value)]
  ) async -> [Result<Value, any Error>] {
    guard !pieces.isEmpty else { return [] }
    let now = runtime.uptime()
    let ids = state.withLock { state in pieces.map { _ in state.commits.takeID() } }
    defer { state.withLock { state in for id in ids { state.commits.forget(id) } } }
    return await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        let results = ResultCollector<Value>(count: pieces.count) {
          continuation.resume(returning: $0)
        }
        drive(
          zip(ids, pieces).enumerated().map { place, member in
            let (id, piece) = member
            let work = PendingWork(piece.work) { results.set($0, at: place) }
            return .submitted(.init(id: id, work: work, deadline: piece.patience.map { now + $0 }))
          })
      }
    } onCancel: {
      drive(ids.map { .cancelled($0) })
    }
  }

  private func drive(_ input: GroupCommit<any GroupWork>.Input) {
    let now = runtime.uptime()
    perform(
      effects: state.withLock { $0.commits.handle(input, at: now, random: runtime.random) })
  }

  /// Takes inputs between which no other one comes.
  private func drive(_ inputs: [GroupCommit<any GroupWork>.Input]) {
    let now = runtime.uptime()
    perform(
      effects: state.withLock { state in
        inputs.flatMap { state.commits.handle($0, at: now, random: runtime.random) }
      })
  }

  /// Performs effects on the writer's thread.
  private func perform(effects: [GroupCommit<any GroupWork>.Effect]) {
    for effect in effects {
      switch effect {
      case .proceed(.zero): writer.async { self.drive(.ready) }
      case .proceed(let pause):
        writer.async(after: pause) { self.drive(.ready) }
      case .commit(let group): drive(outcome(of: group))
      case .answer(let member, .committed): member.work.answer(nil)
      case .answer(let member, .failed(let error)): member.work.answer(error)
      }
    }
  }

  private func outcome(of group: [GroupCommit<any GroupWork>.Member])
    -> GroupCommit<any GroupWork>.Input
  {
    var group = group
    do {
      try commit(group.map(\.work)) {
        let more = state.withLock { $0.commits.joining(group) }
        group += more
        return more.map(\.work)
      }
      return .ended(group, .committed)
    } catch let failure as JournalError where failure.failureKind == .passes {
      // Closed since the failure, it does not try again.
      guard let name = nameWhileClosing else { return .obstructed(group, failure) }
      return .ended(group, .failed(JournalError.closed(name, cause: failure)))
    } catch {
      return .ended(group, .failed(error))
    }
  }

  /// Runs the work of a group in one transaction, commits it, and reports the commit.
  ///
  /// The caller's thread waits, and is the only one that commits. An empty group writes as much as
  /// shows that writing is possible, and changes nothing.
  ///
  /// - Parameter more: the work that joins the group, asked for once, when the transaction has its lock.
  /// - Returns: the end of the log, and the outcomes of each piece of work.
  /// - Throws: a ``JournalError`` whose kind is `passes`, nothing being changed; or another one,
  ///   after which the journal accepts no work any more.
  @discardableResult
  package func commit(
    _ group: [any GroupWork], joinedBy more: () -> [any GroupWork] = { [] }
  ) throws -> (head: Head, outcomes: [[EventOutcome]]) {
    do {
      let committed = try run(group, joinedBy: more)
      passed(.writing)
      return (committed.end.head, committed.outcomes)
    } catch let failure as JournalError where failure.failureKind == .passes {
      met(failure, in: .writing)
      throw failure
    }
  }

  /// Runs a group without savepoints, and again with them where something fails.
  private func run(
    _ group: [any GroupWork], joinedBy more: () -> [any GroupWork]
  ) throws -> GroupRun.Outcome {
    var whole = group
    let joined = {
      whole += more()
      return whole
    }
    if group.count > 1 || place.isShared, isCareful() {
      return try run(joined, undoing: .bySavepoints)
    }
    do {
      return try run(joined, undoing: .byRollback)
    } catch let failed as OnlyWorkFailed {
      return GroupRun.Outcome(end: .init(head: failed.head), outcomes: [[]])
    } catch is NeedsSavepoints {
      state.withLock { $0.carefulGroups = Self.carefulGroups }
      return try run({ whole }, undoing: .bySavepoints)
    }
  }

  private func run(_ group: () -> [any GroupWork], undoing: Undoing) throws -> GroupRun.Outcome {
    try inOneCommit { connection, known in
      let run = GroupRun(connection: connection, undoing: undoing, known: known) {
        try self.begin(in: $0, after: $1, undoing: $2)
      }
      let outcome = try run.perform(group)
      let commit = Commit(
        end: outcome.end, outcomes: outcome.outcomes.reduce(into: []) { $0 += $1 },
        records: outcome.records, members: outcome.outcomes.count)
      return (outcome, commit)
    }
  }

  /// The number of groups after a group that had to run twice that have savepoints from the start:
  /// refusals come in bursts, and a savepoint costs less than a second run.
  private static var carefulGroups: Int { 16 }

  private func isCareful() -> Bool {
    state.withLock { state in
      guard state.carefulGroups > 0 else { return false }
      state.carefulGroups -= 1
      return true
    }
  }
}
