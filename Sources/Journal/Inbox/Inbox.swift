package import Events
import Runtime

/// The journal's place in a stream is not the one from which events were handed over: an operator
/// has set it elsewhere meanwhile, or another replica has applied them.
package struct StaleCursor: Error, CustomStringConvertible {
  /// The stream.
  package let stream: String

  /// The error, for people.
  package var description: String { "the place in \(stream) was set elsewhere meanwhile" }
}

extension Transaction {
  /// Applies events of a followed stream, in order, and moves the cursor past them.
  ///
  /// The effects, the emitted events and the cursor are one commit, so each effect is applied
  /// exactly once.
  ///
  /// An event that waits, failed or is rejected is deferred with the later events of its subject,
  /// and the stream continues.
  ///
  /// - Parameters:
  ///   - records: events that follow one another in the stream.
  ///   - stream: the stream.
  ///   - place: the place before them.
  ///   - cursor: the place after them.
  /// - Returns: the number of events whose type has no reaction.
  /// - Throws: ``StaleCursor`` when the place before them is not the journal's; ``HistoryLost``;
  ///   or the journal's own failure.
  @discardableResult
  package func apply(
    _ records: [Record], of stream: String, from place: Cursor, through cursor: Cursor
  ) throws -> Int {
    try requireHistory()
    guard try self.cursor(of: stream) == place else { throw StaleCursor(stream: stream) }
    progress.outcomes.reserveCapacity(records.count)
    var unknown = 0
    // Most events have the topic of the one before.
    var known: (topic: Topic, reaction: Reaction?)?
    for record in records {
      let reaction = known?.topic == record.topic ? known?.reaction : reactions[record.topic]
      known = (record.topic, reaction)
      if reaction == nil { unknown += 1 }
      guard record.header.sequence > place.sequence else { continue }
      if let reaction {
        try apply(record, by: reaction)
      } else {
        progress.outcomes.append(EventOutcome(.unknown, record: record, attributes: nil))
      }
    }
    try moveCursor(of: stream, to: cursor)
    return unknown
  }

  private func apply(_ record: Record, by reaction: Reaction) throws {
    let began = runtime.uptime()
    switch Attempt(reaction, record: record) {
    case .unreadable(let problem, let attributes):
      try deferEvent(
        record, attributes: attributes, outcome: .reject(problem.reason), problem: problem)
    case .readable(let attributes, let run):
      if let subject = attributes?.subject, try hasDeferred(),
        try isHeldBack(record, subject: subject)
      {
        try deferEvent(record, attributes: attributes, outcome: nil)
      } else {
        let place = progress.outcomes.count
        let (outcome, problem) = try outcome(of: run, record, attributes)
        if outcome == .done {
          settled(record, attributes: attributes, since: began, before: place)
        } else {
          try deferEvent(record, attributes: attributes, outcome: outcome, problem: problem)
        }
      }
    }
  }

  /// - Parameter place: that of the outcomes which the reaction caused.
  private func settled(
    _ record: Record, attributes: EventAttributes?, since began: Duration, before place: Int
  ) {
    let took = runtime.uptime() - began
    let outcome = EventOutcome(.applied, record: record, attributes: attributes, took: took)
    if place == progress.outcomes.count {
      progress.outcomes.append(outcome)
    } else {
      progress.outcomes.insert(outcome, at: place)
    }
    if let attributes { progress.changed(attributes.subject) }
  }

  /// Runs a reaction as the consequence of its event, and keeps its effects only after a success.
  ///
  /// An error of the journal itself is thrown, and ends the transaction. A permanent error of the
  /// event rejects it. Any other error may pass, and the reaction is tried again.
  private func outcome(
    of run: (Transaction) throws -> Outcome, _ record: Record, _ attributes: EventAttributes?
  ) throws -> (Outcome, Problem?) {
    do {
      return try attempt {
        let outcome = try Correlation.$current.withValue(attributes?.consequence) { try run(self) }
        return ((outcome, nil), keep: outcome == .done)
      }
    } catch  where JournalError.isOfTheWork(error) {
      let problem = Problem(error, record: record)
      let isForGood =
        (error as? JournalError)?.code == .malformed || error is any PermanentFailure
      return (isForGood ? .reject(problem.reason) : .retry(problem.reason), problem)
    }
  }
}

// MARK: Events that were deferred

extension Transaction {
  /// Puts an event aside after the outcome of its reaction; after none where an earlier event of
  /// its subject is deferred already.
  private func deferEvent(
    _ record: Record, attributes: EventAttributes?, outcome: Outcome?,
    problem: Problem? = nil
  ) throws {
    // A stream that is read again after a reset brings deferred and discarded events once more.
    guard try !isKnownAside(record) else { return }
    var deferred = DeferredEvent(
      identifier(), record: record, subject: attributes?.subject ?? record.subjectAtLeast, at: now)
    if let outcome { take(outcome, problem: problem, of: &deferred) }
    try insert(deferred)
    progress.outcomes.append(
      EventOutcome(deferred.outcomeKind, record: record, attributes: attributes))
  }

  /// Tries the events that were deferred of every subject that changed, until none moves.
  func retryDeferred() throws {
    guard try hasDeferred() else { return }
    while let subject = progress.takeChangedSubject() {
      for deferred in try firstDeferred(of: subject) where mayBeTried(deferred) {
        try tryAgain(deferred)
      }
    }
  }

  /// Retries deferred events whose pause after a transient failure is over: a part of them, so that
  /// other work has its turn.
  package func retryDue() throws {
    try requireHistory()
    for deferred in try deferredDue(at: wallClock, limit: 100) { try tryAgain(deferred) }
  }

  /// Tries a piece of what waits or was too new to be read.
  ///
  /// - Parameter position: after which to go on; 0 from the start.
  /// - Returns: where the next piece begins; nil after the last.
  package func retryDeferred(after position: Int64) throws -> Int64? {
    try requireHistory()
    let piece = try waiting(after: position, limit: 100)
    for (_, deferred) in piece {
      if deferred.subject.isEmpty {
        // It holds nothing back, and nothing holds it back.
        if mayBeTried(deferred) { try tryAgain(deferred) }
      } else {
        progress.changed(deferred.subject)
      }
    }
    return piece.last?.position
  }

  private func mayBeTried(_ deferred: DeferredEvent) -> Bool {
    deferred.mayBeTried(at: wallClock, reading: reactions[deferred.record.topic]?.versions?.last)
  }

  /// Retries the first deferred event of a subject in a stream.
  ///
  /// After a success the subject has changed, and the next event has its turn.
  ///
  /// - Returns: whether it is done.
  @discardableResult
  func tryAgain(_ deferred: DeferredEvent) throws -> Bool {
    guard let reaction = reactions[deferred.record.topic] else {
      if isShared {
        try update(
          deferred, attributes: nil, outcome: .reject(Problem.noReaction.reason),
          problem: .noReaction)
        return false
      }
      // The service that put it aside had a reaction to it; this version has none.
      try remove(deferred)
      progress.outcomes.append(EventOutcome(.unknown, record: deferred.record, attributes: nil))
      progress.changed(deferred.subject)
      return true
    }
    let began = runtime.uptime()
    switch Attempt(reaction, record: deferred.record) {
    case .unreadable(let problem, let attributes):
      try update(
        deferred, attributes: attributes, outcome: .reject(problem.reason), problem: problem)
    case .readable(let attributes, let run):
      let place = progress.outcomes.count
      let (outcome, problem) = try outcome(of: run, deferred.record, attributes)
      guard outcome == .done else {
        try update(deferred, attributes: attributes, outcome: outcome, problem: problem)
        return false
      }
      try remove(deferred)
      settled(deferred.record, attributes: attributes, since: began, before: place)
      return true
    }
    return false
  }

  private func update(
    _ deferred: DeferredEvent, attributes: EventAttributes?, outcome: Outcome, problem: Problem?
  ) throws {
    var deferred = deferred
    let before = deferred
    take(outcome, problem: problem, of: &deferred)
    try update(deferred)
    let isDeadOtherwise = deferred.state == .dead && deferred.reason != before.reason
    if deferred.state != before.state || deferred.state == .retrying || isDeadOtherwise {
      progress.outcomes.append(
        EventOutcome(deferred.outcomeKind, record: deferred.record, attributes: attributes))
    }
  }

  private func take(_ outcome: Outcome, problem: Problem?, of deferred: inout DeferredEvent) {
    deferred.take(
      outcome, isTooNew: problem?.isTooNew ?? false, causes: problem?.causes ?? [],
      at: wallClock, random: runtime.random())
  }
}

extension ServiceJournal {
  /// Retries events that wait or were too new to be read, in order.
  ///
  /// A service does so at its start before it receives events: its rules may be newer, and it may
  /// read newer versions.
  ///
  /// - Throws: ``HistoryLost``, or the journal's own failure.
  package func retryDeferred() throws {
    var position: Int64? = 0
    while let after = position, try read({ try $0.hasWaiting(after: after) }) {
      position = try write { try $0.retryDeferred(after: after) }
    }
  }
}

/// An event that is about to be applied: read, or found unreadable.
private enum Attempt {
  case readable(EventAttributes?, (Transaction) throws -> Outcome)
  case unreadable(Problem, EventAttributes?)

  init(_ reaction: Reaction, record: Record) {
    do {
      let prepared = try reaction.prepare(record)
      self = .readable(prepared.attributes, prepared.run)
    } catch {
      self = .unreadable(Problem(error), record.attributes)
    }
  }
}

/// The sentence of an error, with its causes.
private struct Problem {
  let reason: String
  let causes: [String]
  /// Whether a newer version of this program may read the event.
  let isTooNew: Bool

  /// A newer version, which may run on another replica, had a reaction to it.
  static let noReaction = Problem()

  private init() {
    reason = "this version of the program has no reaction to it"
    causes = []
    isTooNew = true
  }

  init(_ error: any Error, record: Record? = nil) {
    let own = record.flatMap { (error as? JournalError)?.reason(for: $0) }
    reason = own ?? String(describing: error)
    isTooNew =
      if case .tooNew = (error as? UnreadableEvent)?.reason { true } else { false }
    causes = sequence(first: error) { ($0 as? any CausedError)?.cause }.dropFirst()
      .map { String(describing: $0) }
  }
}

extension Record {
  /// The subject of the event, as far as its body has one; otherwise empty.
  fileprivate var subjectAtLeast: String { JSONValue(body)?["subject"]?.string ?? "" }
}
