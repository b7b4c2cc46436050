package import Events
package import FoundationEssentials
package import Runtime

/// An event that was deferred, as people see it who decide about it.
package struct DeadLetter: Sendable {
  /// Why an event that was deferred is not applied yet.
  package enum State: String, CaseIterable, Sendable {
    /// It is ahead of the state that it needs.
    case waiting
    /// Its reaction failed, which may pass; it is tried again after a pause.
    case retrying
    /// It can never be applied as it is: a dead letter.
    case dead
    /// An event before it, of the same subject and stream, is deferred.
    case behind
  }

  /// The name under which it is decided about.
  package let id: Identifier
  /// The event; as it was edited, where it was.
  package let record: Record
  /// The event's body as it came, where it was edited.
  package let original: Data?
  /// What the event is about; empty where it does not say.
  package let subject: String
  /// Why it is not applied yet.
  package let state: State
  /// Why it was deferred.
  package let reason: String
  /// What is beneath the reason, outermost first.
  package let causes: [String]
  /// How often it was tried.
  package let attempts: Int
  /// When it was deferred.
  package let at: Timestamp
  /// When it is tried again, if it is by itself.
  package let dueAt: Timestamp?
  /// How many later events of its subject are held back by it.
  package let holdsBack: Int
  /// What people did about it, oldest first.
  package let acts: [OperatorAction]
}

/// A recorded decision of an operator about a dead letter.
package struct OperatorAction: Hashable, Codable, Sendable {
  /// What can be done.
  package enum Kind: String, Codable, Sendable {
    case retry, discard, edit
  }

  /// What was done.
  package let act: Kind
  /// What came of it: `done`, or why not.
  package let result: String
  /// When.
  package let at: Timestamp
  /// The HTTP request by which it was done.
  package let requestId: String?
}

/// Why a dead letter is not decided about.
package enum DeadLetterRefusal: Error, Hashable, Sendable {
  /// There is none of this id; it may have been decided about.
  case unknown
  /// The event is deferred, and no dead letter: it goes on by itself.
  case notDead
  /// An earlier event of its subject is deferred, and is to be decided about first.
  case notFirst(Identifier)
  /// The new data is not what the event's reaction reads.
  case unreadable(String)
  /// The new data changes money, which is not allowed.
  case changesMoney
}

extension Reader {
  /// What was deferred, in the order in which it was: the dead letters, or all of it.
  ///
  /// - Parameters:
  ///   - position: after which to go on; 0 from the start.
  ///   - limit: how many at most.
  ///   - all: whether what waits, is tried again or is behind another is wanted too.
  package func deadLetters(after position: Int64, limit: Int, all: Bool) throws
    -> [(position: Int64, letter: DeadLetter)]
  {
    let states: SQL = all ? "1 = 1" : "state = \(DeferredEvent.State.dead)"
    let query: SQL = "SELECT * FROM put_aside WHERE position > \(position) AND"
    return try rows(query + states + "ORDER BY position LIMIT \(limit)").map {
      (try $0.value("position"), try deadLetter(DeferredEvent($0)))
    }
  }

  /// What was deferred under an id.
  package func deadLetter(_ id: Identifier) throws -> DeadLetter? {
    try deferred(id).map(deadLetter)
  }

  fileprivate func deferred(_ id: Identifier) throws -> DeferredEvent? {
    try row("SELECT * FROM put_aside WHERE id = \(id)").map(DeferredEvent.init)
  }

  private func deadLetter(_ deferred: DeferredEvent) throws -> DeadLetter {
    let behind = try value(
      """
      SELECT count(*) AS value FROM put_aside WHERE subject = \(deferred.subject)
      AND stream = \(deferred.record.topic.stream) AND state = \(DeferredEvent.State.behind)
      """, as: Int.self)
    return DeadLetter(
      id: deferred.id, record: deferred.record, original: deferred.original,
      subject: deferred.subject,
      state: deferred.state, reason: deferred.reason, causes: deferred.causes,
      attempts: deferred.attempts, at: deferred.at, dueAt: deferred.dueAt,
      holdsBack: deferred.state == .behind || deferred.subject.isEmpty ? 0 : behind ?? 0,
      acts: try acts(on: deferred.id))
  }

  /// What was done about a dead letter, oldest first, after it is gone too.
  package func acts(on letter: Identifier) throws -> [OperatorAction] {
    try rows("SELECT * FROM acts WHERE letter = \(letter) ORDER BY position").map { row in
      OperatorAction(
        act: try row.value("act"), result: try row.value("result"), at: try row.value("at"),
        requestId: try row.value("request_id"))
    }
  }
}

// MARK: What people do

extension Transaction {
  /// Tries a dead letter again; when it is done now, what it held back has its turn, in order.
  ///
  /// - Returns: the letter as it is now; nil when it is done.
  /// - Throws: ``DeadLetterRefusal``.
  package func retryDeadLetter(_ id: Identifier, correlation work: Correlation) throws
    -> DeadLetter?
  {
    let deferred = try dead(id)
    let first = try firstDeferred(of: deferred.subject)
      .first { $0.record.topic.stream == deferred.record.topic.stream }
    if let first, first.id != id, !deferred.subject.isEmpty {
      throw DeadLetterRefusal.notFirst(first.id)
    }
    let isDone = try tryAgain(deferred)
    let result = isDone ? "done" : try self.deferred(id)?.reason ?? ""
    try record(.retry, result: result, on: deferred, correlation: work)
    return try deadLetter(id)
  }

  /// Gives a dead letter up for good; what it held back has its turn, in order.
  ///
  /// - Throws: ``DeadLetterRefusal``.
  package func discardDeadLetter(_ id: Identifier, correlation work: Correlation) throws {
    let deferred = try dead(id)
    try record(.discard, result: "done", on: deferred, correlation: work)
    try remove(deferred)
    progress.changed(deferred.subject)
    progress.outcomes.append(
      EventOutcome(
        .discarded, record: deferred.record, envelope: try? Envelope<Unread>(deferred.record)))
  }

  /// Changes the data of a dead letter, which stays one until it is tried again.
  ///
  /// The event as it came is kept. Money is never changed: an amount or a currency stays what
  /// the one who said the event has said.
  ///
  /// - Throws: ``DeadLetterRefusal``.
  package func editDeadLetter(_ id: Identifier, data: JSONValue, correlation work: Correlation)
    throws
    -> DeadLetter?
  {
    var deferred = try dead(id)
    guard case .object(var event)? = JSONValue(deferred.record.body), let before = event["data"]
    else { throw DeadLetterRefusal.unreadable("the event is no JSON object with data") }
    guard before.money == data.money else { throw DeadLetterRefusal.changesMoney }
    event["data"] = data
    deferred.edit(try JSONValue.object(event).json())
    do {
      _ = try reactions[deferred.record.topic]?.prepare(deferred.record)
    } catch {
      throw DeadLetterRefusal.unreadable(String(describing: error))
    }
    try update(deferred)
    try record(.edit, result: "done", on: deferred, correlation: work)
    return try deadLetter(id)
  }

  private func dead(_ id: Identifier) throws -> DeferredEvent {
    guard let deferred = try deferred(id) else { throw DeadLetterRefusal.unknown }
    guard deferred.state == .dead else { throw DeadLetterRefusal.notDead }
    return deferred
  }

  private func record(
    _ act: OperatorAction.Kind, result: String, on deferred: DeferredEvent,
    correlation work: Correlation
  ) throws {
    let record = deferred.record
    try run(
      """
      INSERT INTO acts (letter, act, result, at, correlation_id, request_id, stream, header, body)
      VALUES (\(deferred.id), \(act), \(result), \(now), \(work.id), \(work.requestID),
      \(record.topic.stream), \(record.header.bytes), \(deferred.original ?? record.body))
      """)
  }
}

extension JSONValue {
  /// Every currency in it, and every object with an amount, by where it stands: what is beside an
  /// amount says whether and in what it counts.
  fileprivate var money: [String: JSONValue] {
    var money: [String: JSONValue] = [:]
    collectMoney(at: "", into: &money)
    return money
  }

  private func collectMoney(at path: String, into money: inout [String: JSONValue]) {
    switch self {
    case .object(let members):
      if members["amount"] != nil { money[path] = self }
      for (name, value) in members {
        let path = "\(path).\(name)"
        if name == "currency" { money[path] = value }
        value.collectMoney(at: path, into: &money)
      }
    case .array(let items):
      for (index, item) in items.enumerated() {
        item.collectMoney(at: "\(path).\(index)", into: &money)
      }
    default: break
    }
  }
}
