// The simulation's driver of GroupCommit: each commit takes time, and the process may be killed between
// any two of its steps.

import Courier
import Events
import Journal
import Runtime
import Synchronization

/// A piece of work that waits for a commit.
struct Submission: Sendable {
  /// The origin of a commit.
  enum Source: Hashable, Sendable {
    case following(Service)
    case answering, charging, upkeep, request, roles
    case publishing
  }

  let source: Source
  let work: any GroupWork
  /// The finished work.
  let occasion: @Sendable () -> Occasion?
}

/// Keeps a result between the commit and the moment in which the caller is answered.
private final class ResultBox<Value: Sendable>: Sendable {
  private let result = Mutex<Result<Value, any Error>?>(nil)

  var value: Result<Value, any Error>? {
    get { result.withLock { $0 } }
    set { result.withLock { $0 = newValue } }
  }
}

extension ServiceProcess {
  /// Asks for a commit; the answer comes later, unless the process ends before.
  ///
  /// - Parameter occasion: what was committed, by the value of the work.
  func submit<Value: Sendable>(
    _ source: Submission.Source, patience: Duration?,
    _ work: @escaping @Sendable (Transaction) throws -> Value,
    occasion: @escaping (Value) -> Occasion,
    then: @escaping (Result<Value, any Error>) throws -> Void
  ) {
    let done = ResultBox<Value>()
    let answered = ResultBox<Value>()
    let pending = PendingWork<Value>(
      { transaction in
        done.value = nil
        let value = try work(transaction)
        done.value = .success(value)
        return value
      }, completion: { answered.value = $0 })
    nonisolated(unsafe) let occasion = occasion
    let submission = Submission(source: source, work: pending) {
      (try? done.value?.get()).map(occasion)
    }
    let id = commits.takeID()
    callers[id] = { try answered.value.map(then) }
    drive(
      .submitted(.init(id: id, work: submission, deadline: patience.map { uptime + $0 })))
  }

  private func drive(_ input: GroupCommit<Submission>.Input) {
    let effects = commits.handle(input, at: uptime, random: node.machine.random)
    perform(effects[...])
  }

  private func perform(_ effects: ArraySlice<GroupCommit<Submission>.Effect>) {
    guard let effect = effects.first, isAlive else { return }
    switch effect {
    case .proceed(let pause):
      // An idle writer begins at once; one that works has the next group at the end.
      let delay = UInt64(pause / .microseconds(1)) + node.machine.random() % 300
      later(delay) { [self] in drive(.ready) }
      perform(effects.dropFirst())
    case .commit(let group):
      // It is the only effect.
      later(node.machine.random() % 500) { [self] in try commit(group) }
    case .answer(let member, let outcome):
      later(0) { [self] in
        try answer(member, outcome)
        perform(effects.dropFirst())
      }
    }
  }

  private func answer(
    _ member: GroupCommit<Submission>.Member, _ outcome: GroupCommit<Submission>.Outcome
  ) throws {
    if let kill = node.kill, kill.point == .amongAnswers, node.machine.random() % 3 == 0 {
      return try world.supervisor.strike(self, kill, before: nil)
    }
    switch outcome {
    case .committed: member.work.work.answer(nil)
    case .failed(let error): member.work.work.answer(error)
    }
    try callers.removeValue(forKey: member.id)?()
  }

  // MARK: The commit itself

  private func commit(_ group: [GroupCommit<Submission>.Member]) throws {
    if stopsInTransaction() { return later(0) { [self] in try commit(group) } }
    let kill = node.kill.flatMap { $0.point.mayStrike(group.map(\.work.source)) ? $0 : nil }
    let before = try kill.map { _ in try node.snapshot(at: world.clock.now) }
    let facts = kill.map { _ in world.checker.facts }
    node.server.write(as: number, losing: drawLoss())
    _ = possibleDeferrals.takeAll()
    let result = Result { try journal.commit(group.map(\.work.work)) }
    node.server.unlock(by: number)
    let incident = node.server.report()
    _ = outcomes.take()
    let disk = node.disk.report()
    if disk.commits > 0 { node.unsynced = nil }
    switch result {
    case .failure(let error):
      try hasFailed(group, because: error, refusal: disk.refusal, incident: incident)
    case .success(let commit):
      if group.count > 1 { world.coverage.hit("commit: a group") }
      let parts = zip(group, commit.outcomes).map { ($0.work.occasion(), $1) }
      if group.count > 1, parts.contains(where: { $0.0 == nil }) {
        world.coverage.hit("commit: one member failed")
      }
      countAnswers(zip(group, parts).filter { $0.0.work.source == .charging }.map(\.1.0))
      let isNews = try committed(parts, wrote: disk.commits > 0)
      if let kill, let before, let facts, disk.commits > 0, strikes(kill.point, parts) {
        if kill.point == .beforeCommit, node.replicas == 1 { world.checker.facts = facts }
        return try world.supervisor.strike(self, kill, before: before)
      }
      try afterQuestion(about: incident) { [self] in
        if isNews { try wakeProcesses() }
        drive(.ended(group, .committed))
      }
    }
  }

  private func hasFailed(
    _ group: [GroupCommit<Submission>.Member], because error: any Error, refusal: Disk.Refusal?,
    incident: Server.Incident?
  ) throws {
    if let error = error as? JournalError, error.failureKind == .passes {
      if incident == nil { world.coverage.hit(.diskFull) }
      return try afterQuestion(about: incident) { [self] in drive(.obstructed(group, error)) }
    }
    guard refusal != nil || incident == .lost(.unanswered) else {
      throw Violation(.noFailure, "\(service.rawValue): a commit failed: \(error)")
    }
    try afterQuestion(about: incident) { [self] in
      world.coverage.hit("commit: of unknown result")
      world.supervisor.died(self, "a commit is of unknown result", downFor: .seconds(1))
    }
  }

  /// Counts the gateway's answers of a commit.
  private func countAnswers(_ answers: [Occasion?]) {
    guard answers.count > 1 else { return }
    world.coverage.hit(.answersTogether)
    let stored = answers.count { $0 != nil }
    if (1..<answers.count).contains(stored) { world.coverage.hit(.answerFailsAlone) }
  }

  /// - Returns: whether the readers of commits are to be called.
  private func committed(_ parts: [(Occasion?, [EventOutcome])], wrote: Bool) throws -> Bool {
    guard wrote || !parts.allSatisfy({ $0.1.isEmpty }) else { return false }
    let hasEmitted = parts.contains { $0.1.contains { $0.kind == .emitted } }
    if hasEmitted { loggedAt = world.clock.now }
    try world.checker.committed(self, parts)
    for replica in node.processes where replica !== self {
      try replica.noticeCommit(of: self, hasEmitted: hasEmitted)
    }
    return true
  }

  /// Acknowledgements and pruning are most of all commits, and the least of all that can go wrong.
  private func strikes(
    _ point: CrashPoint, _ parts: [(occasion: Occasion?, outcomes: [EventOutcome])]
  ) -> Bool {
    switch point {
    case .compaction: return parts.contains { $0.occasion?.isCompaction == true }
    case .deadLetterMove:
      return parts.contains { part in
        part.occasion?.isDeadLetter == true
          || part.outcomes.contains { if case .dead = $0.kind { true } else { false } }
      }
    default:
      let isSmall = parts.allSatisfy { $0.occasion?.isSmall ?? true }
      return !isSmall || node.machine.random() % 5 == 0
    }
  }
}

/// The purpose of a commit.
enum Occasion: CustomStringConvertible {
  case start
  case apply(Service, [Record], through: Cursor)
  case acknowledge
  case request
  case deadLetter
  case edit(LetterEdit)
  case reset(Service)
  case charge
  case retry
  case compaction
  case roles

  var description: String {
    switch self {
    case .start: "start"
    case .apply(let stream, let records, _): "apply \(records.count) of \(stream.rawValue)"
    case .acknowledge: "acknowledge"
    case .request: "request"
    case .deadLetter: "dead letter"
    case .edit(let edit): "edit of dead letter \(edit.letter)"
    case .reset(let stream): "reset of \(stream.rawValue)"
    case .charge: "charge"
    case .retry: "retry"
    case .compaction: "compaction"
    case .roles: "roles"
    }
  }

  fileprivate var isCompaction: Bool { if case .compaction = self { true } else { false } }

  fileprivate var isDeadLetter: Bool {
    switch self {
    case .deadLetter, .edit: true
    default: false
    }
  }

  fileprivate var isSmall: Bool {
    switch self {
    case .acknowledge, .compaction, .roles: true
    default: false
    }
  }
}

extension CrashPoint {
  /// Whether the point may be met in a commit of work from these sources.
  fileprivate func mayStrike(_ sources: [Submission.Source]) -> Bool {
    switch self {
    case .beforeCommit, .midCommit, .afterCommit: true
    case .compaction: sources.contains(.upkeep)
    case .deadLetterMove: sources.contains { $0 != .answering && $0 != .charging }
    default: false
    }
  }
}
