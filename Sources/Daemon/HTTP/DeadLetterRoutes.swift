import Events
import FoundationEssentials
import HTTPTypes
import Journal
import Runtime

/// The operators' actions on deferred events.
let deadLetterRoutes: [Route] = [
  .query("/api/dead-letters", takes: ["state"] + .oldestFirst) { request, snapshot in
    let page = try request.page()
    let letters = try snapshot.deadLetters(
      after: page.after ?? 0, limit: page.limit + 1, all: try request.wantsAllThatIsAside())
    let part = page.cut(letters) { $0.position }
    return try .list("deadLetters", page: part.map { DeadLetterDocument($0.letter) })
  },
  .query("/api/dead-letters/:id") { request, snapshot in
    let id = try request.identifier("id")
    guard let letter = try snapshot.deadLetter(id) else {
      throw Problem.noSuchDeadLetter(id, acts: try snapshot.actions(on: id))
    }
    return try .json(DeadLetterDocument(letter)).continuingWork(of: letter)
  },
  .act("retry", reading: nothing) { _, letter, transaction in
    try transaction.retryDeadLetter(letter)
  },
  .act("discard", reading: nothing) { _, letter, transaction in
    try transaction.discardDeadLetter(letter)
    return nil
  },
  .act("edit", reading: Edit.init) { edit, letter, transaction in
    try transaction.editDeadLetter(letter, data: edit.data)
  },
]

private struct Edit: Decodable {
  let data: JSONValue
}

extension Edit {
  fileprivate init(_ request: Request) throws {
    self = try request.json()
  }
}

private func nothing(_ request: Request) {}

extension Route {
  /// A command about one dead letter.
  ///
  /// - Parameters:
  ///   - read: reads the body before the transaction. A letter that does not exist is refused first.
  ///   - decide: does it, and returns the letter as it is then; nil when it is gone.
  fileprivate static func act<Input: Sendable>(
    _ name: String, reading read: @escaping @Sendable (Request) throws -> Input,
    _ decide:
      @escaping @Sendable (Input, Identifier, Transaction) throws -> DeadLetter?
  ) -> Route {
    let path = "/api/dead-letters/:id/\(name)"
    @Sendable func input(_ request: Request) -> Result<Input, any Error> {
      Result { try read(request) }
    }
    return .command(.post, path, creates: false, reading: input) { input, request, transaction in
      let id = try request.identifier("id")
      guard let before = try transaction.deadLetter(id) else {
        throw Problem.noSuchDeadLetter(id, acts: try transaction.actions(on: id))
      }
      do {
        let letter = try decide(try input.get(), id, transaction)
        let acts = try transaction.actions(on: id)
        let document = ActDocument(
          id: id, act: name, result: acts.last?.result ?? "done",
          deadLetter: letter.map(DeadLetterDocument.init), acts: acts)
        return try .json(document).continuingWork(of: before)
          .noting("dead letter \(id) (\(before.name)): \(name), \(document.result)")
      } catch let refusal as DeadLetterRefusal {
        throw Problem(refusal, of: before)
      }
    }
  }
}

/// The result of an action: `done`, or the reason of its failure and the letter's present state.
private struct ActDocument: Encodable {
  let id: Identifier
  let act: String
  let result: String
  /// Absent when the event is not deferred any more.
  let deadLetter: DeadLetterDocument?
  let acts: [OperatorAction]
}

/// A deferred event, as it is shown.
private struct DeadLetterDocument: Encodable {
  let id: Identifier
  let stream: String
  let sequence: UInt64
  let type: String
  let subject: String
  let state: String
  let reason: String
  let causes: [String]
  let attempts: Int
  let at: Timestamp
  /// The time of the next automatic attempt; absent without one.
  let dueAt: Timestamp?
  let holdsBack: Int
  /// The CloudEvent, as it was edited; absent where the body is no JSON.
  let event: JSONValue?
  /// The CloudEvent as it came; absent where it was not edited.
  let original: JSONValue?
  let acts: [OperatorAction]

  init(_ letter: DeadLetter) {
    id = letter.id
    stream = letter.record.topic.stream
    sequence = letter.record.header.sequence
    type = letter.record.topic.type
    subject = letter.subject
    state = letter.state.rawValue
    reason = letter.reason
    causes = letter.causes
    attempts = letter.attempts
    at = letter.at
    dueAt = letter.dueAt
    holdsBack = letter.holdsBack
    event = JSONValue(letter.record.body)
    original = letter.original.flatMap { JSONValue($0) }
    acts = letter.actions
  }
}

extension DeadLetter {
  /// The event for people: `beta/order.captured #7`.
  var name: String {
    "\(record.topic.stream)/\(record.topic.type) #\(record.header.sequence)"
  }

  /// The work to which the event belongs; nil where its body has none.
  fileprivate var correlationID: String? {
    (try? Envelope<JSONValue>(record))?.correlation.id
  }
}

extension Response {
  /// The same response, in the work to which the event of the letter belongs.
  func continuingWork(of letter: DeadLetter) -> Response {
    letter.correlationID.map(continuing) ?? self
  }
}

extension Request {
  /// - Throws: a 422 ``Problem`` for a `state` that is none to ask for.
  fileprivate func wantsAllThatIsAside() throws(Problem) -> Bool {
    switch query["state"] {
    case nil, "dead": false
    case "all": true
    case let state?:
      throw .invalid(
        "state", detail: "The state asked for is \(state.quoted).",
        remedy: "Ask for all, or for dead, which is the default.")
    }
  }
}

extension Problem {
  /// For a letter that was decided about, it lists the decisions.
  static func noSuchDeadLetter(_ id: Identifier, acts: [OperatorAction]) -> Problem {
    guard let last = acts.last else {
      return .notFound(
        "no-such-dead-letter", detail: "No event is deferred under the id \(id).",
        remedy: "GET /api/dead-letters lists the deferred events.")
    }
    let request = last.requestId.map { " by the request \($0)" } ?? ""
    return .notFound(
      "no-such-dead-letter",
      detail: "The event is not deferred any more: \(last.act.rawValue)\(request) at \(last.at).",
      remedy: "No action is left; this response has the earlier ones.",
      members: ["acts": .array(acts.map(\.value))])
  }

  init(_ refusal: DeadLetterRefusal, of letter: DeadLetter) {
    self =
      switch refusal {
      case .unknown: .noSuchDeadLetter(letter.id, acts: letter.actions)
      case .notDead:
        .conflict(
          "not-a-dead-letter",
          detail: "The event is deferred, and not a dead letter: it is \(letter.state).",
          remedy: "No decision is needed: it continues automatically.",
          members: ["state": .string(letter.state.rawValue)])
      case .notFirst(let first):
        .conflict(
          "not-the-first", detail: "An earlier event of the same subject is deferred: \(first).",
          remedy: "Decide about that one first: events of one subject take effect in order.",
          members: ["first": .string(first.description)])
      case .unreadable(let reason):
        .unprocessable(
          "unreadable-data", detail: "The event with this data cannot be read: \(reason).",
          remedy: "Send data of the event's own schema.", members: ["path": .string("data")])
      case .changesMoney:
        .unprocessable(
          "money-changed", detail: "The data changes an amount or a currency.",
          remedy: "Keep the amounts and currencies of the event, or discard it.",
          members: ["path": .string("data")])
      }
    correlationID = letter.correlationID
  }
}

extension OperatorAction {
  /// As JSON.
  fileprivate var value: JSONValue {
    var members: [String: JSONValue] = [
      "act": .string(act.rawValue), "result": .string(result), "at": .string(at.description),
    ]
    members["requestId"] = requestId.map(JSONValue.string)
    return .object(members)
  }
}
