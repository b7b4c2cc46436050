package import Events
package import FoundationEssentials
package import Runtime

/// A deferred event, as shown to an operator.
package struct DeadLetter: Sendable {
  /// The reason for which a deferred event is not applied yet.
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
  /// The subject of the event; empty where it has none.
  package let subject: String
  /// The reason for which it is not applied yet.
  package let state: State
  /// The reason for which it was deferred.
  package let reason: String
  /// The causes of the reason, outermost first.
  package let causes: [String]
  /// The number of attempts.
  package let attempts: Int
  /// The time at which it was deferred.
  package let at: Timestamp
  /// The time of the next automatic attempt, if there is one.
  package let dueAt: Timestamp?
  /// The number of later events of its subject that it holds back.
  package let holdsBack: Int
  /// The operators' actions on it, oldest first.
  package let actions: [OperatorAction]
}

/// A recorded decision of an operator about a dead letter.
package struct OperatorAction: Hashable, Codable, Sendable {
  /// The kinds of actions.
  package enum Kind: String, Codable, Sendable {
    case retry, discard, edit
  }

  /// The action.
  package let act: Kind
  /// The result: `done`, or the reason of the failure.
  package let result: String
  /// The time of the action.
  package let at: Timestamp
  /// The HTTP request by which it was done.
  package let requestId: String?
}

/// The refusal of an action on a dead letter.
package enum DeadLetterRefusal: Error, Hashable, Sendable {
  /// No dead letter has this id; an earlier action may have removed it.
  case unknown
  /// The event is deferred, and not a dead letter: it continues automatically.
  case notDead
  /// An earlier event of its subject is deferred, and is to be decided about first.
  case notFirst(Identifier)
  /// The event's reaction cannot read the new data.
  case unreadable(String)
  /// The new data changes money, which is not allowed.
  case changesMoney
}

extension Reader {
  /// The deferred events, in the order in which they were deferred: the dead letters, or all.
  ///
  /// - Parameters:
  ///   - position: the position after which to continue; 0 from the start.
  ///   - limit: the largest number.
  ///   - all: whether to include events that wait, are retried or are behind another event.
  package func deadLetters(after position: Int64, limit: Int, all: Bool) throws
    -> [(position: Int64, letter: DeadLetter)]
  {
    let states: SQL = all ? "1 = 1" : "state = \(DeferredEvent.State.dead)"
    let query: SQL = "SELECT * FROM put_aside WHERE position > \(position) AND"
    return try rows(query + states + "ORDER BY position LIMIT \(limit)").map {
      (try $0.value("position"), try deadLetter(DeferredEvent($0)))
    }
  }

  /// The first deferred events that continue automatically, in the order in which they were deferred.
  package func heldBack(limit: Int) throws -> [DeadLetter] {
    try rows(
      """
      SELECT * FROM put_aside WHERE state <> \(DeferredEvent.State.dead)
      ORDER BY position LIMIT \(limit)
      """
    ).map { try deadLetter(DeferredEvent($0)) }
  }

  /// The deferred event of an id.
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
      actions: try actions(on: deferred.id))
  }

  /// The actions on a dead letter, oldest first, also after it is gone.
  package func actions(on letter: Identifier) throws -> [OperatorAction] {
    try rows("SELECT * FROM acts WHERE letter = \(letter) ORDER BY position").map { row in
      OperatorAction(
        act: try row.value("act"), result: try row.value("result"), at: try row.value("at"),
        requestId: try row.value("request_id"))
    }
  }
}

// MARK: What people do

extension Transaction {
  /// Retries a dead letter.
  ///
  /// After a success, the events that it held back are applied, in order.
  ///
  /// - Returns: the present state of the letter; nil when it is done.
  /// - Throws: ``DeadLetterRefusal``.
  package func retryDeadLetter(_ id: Identifier) throws -> DeadLetter? {
    let deferred = try dead(id)
    let first = try firstDeferred(of: deferred.subject)
      .first { $0.record.topic.stream == deferred.record.topic.stream }
    if let first, first.id != id, !deferred.subject.isEmpty {
      throw DeadLetterRefusal.notFirst(first.id)
    }
    let isDone = try tryAgain(deferred)
    let result = isDone ? "done" : try self.deferred(id)?.reason ?? ""
    try record(.retry, result: result, on: deferred)
    return try deadLetter(id)
  }

  /// Discards a dead letter permanently.
  ///
  /// The events that it held back are applied, in order.
  ///
  /// - Throws: ``DeadLetterRefusal``.
  package func discardDeadLetter(_ id: Identifier) throws {
    let deferred = try dead(id)
    try record(.discard, result: "done", on: deferred)
    try remove(deferred)
    progress.changed(deferred.subject)
    progress.outcomes.append(
      EventOutcome(
        .discarded, record: deferred.record, attributes: deferred.record.attributes))
  }

  /// Changes the data of a dead letter, which stays one until it is tried again.
  ///
  /// The original event is kept. Money is never changed: amounts and currencies stay those of the
  /// publisher.
  ///
  /// - Throws: ``DeadLetterRefusal``.
  package func editDeadLetter(_ id: Identifier, data: JSONValue) throws -> DeadLetter? {
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
    try record(.edit, result: "done", on: deferred)
    return try deadLetter(id)
  }

  private func dead(_ id: Identifier) throws -> DeferredEvent {
    guard let deferred = try deferred(id) else { throw DeadLetterRefusal.unknown }
    guard deferred.state == .dead else { throw DeadLetterRefusal.notDead }
    return deferred
  }

  private func record(
    _ act: OperatorAction.Kind, result: String, on deferred: DeferredEvent
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
  /// Every currency in it, and every object with an amount, by path: the members beside an amount
  /// state whether and in which currency it counts.
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
