// The operators' edits of dead letters.

import Charlie
import Courier
import Events
import FoundationEssentials
import Journal
import Runtime

extension Checker {
  /// A service has committed an edit.
  func edited(_ edit: LetterEdit, _ process: ServiceProcess) throws {
    try require(
      edit.kind.mayBeTaken, .edits,
      "\(process.service.rawValue) takes an edit of the kind \(edit.kind)", [edit.subject])
    process.node.model.take(edit)
  }

  /// A service has answered an edit: the deferred events are unchanged, but for the accepted edits.
  func answers(_ edit: LetterEdit, _ reaction: Reaction, _ node: Node) throws {
    let isRefused = reaction.status == 422
    try require(
      !isRefused || !edit.kind.mayBeTaken || node.isOldBuild, .edits,
      "\(node.service.rawValue) refuses a valid edit: \(reaction)", [edit.subject])
    switch edit.kind {
    case .mend where reaction.status == 200: coverage.hit(.editTaken)
    case .changeMoney where isRefused: coverage.hit(.moneyRefused)
    case .breakSchema where isRefused: coverage.hit(.dataRefused)
    default: break
    }
    guard let process = node.process else { return }
    let letters = try process.journal.read { try $0.deadLetters(after: 0, limit: 1000, all: true) }
    for (_, letter) in letters { try check(letter, process) }
  }

  private func check(_ letter: DeadLetter, _ process: ServiceProcess) throws {
    let (record, edit) = (letter.record, process.node.model.edits[letter.id])
    guard let stream = Service(rawValue: record.topic.stream),
      let before = facts.points[
        Facts.Point(stream: stream, sequence: record.header.sequence, chain: record.header.chain)]
    else {
      throw Violation(.edits, "a dead letter of an event that was not published: \(record.topic)")
    }
    let name = "\(process.service.rawValue)'s dead letter of \(stream) \(record.header.sequence)"
    let original = letter.original ?? record.body
    try require(
      before.appending(topic: record.topic, body: original) == record.header.chain, .edits,
      "\(name) does not keep the event as it came", [letter.subject])
    guard case .object(var event)? = JSONValue(original) else { return }
    if let edit { event["data"] = edit.data }
    try require(
      (letter.original == nil) == (edit == nil) && JSONValue(record.body) == .object(event), .edits,
      "\(name) is not what was made of it", [letter.subject])
  }

  /// The gateway is asked for the product that Alpha has approved, or that an operator has entered.
  func checkProduct(of call: GatewayCall, _ process: ServiceProcess) throws {
    let approved = facts.orders[call.order]?.approvedProducts ?? []
    let edited = process.node.model.editedProducts(of: call.order, in: "order.approved")
    let isRepeated = process.world.node(.alpha).hasOtherHistory
    let possible = edited.isEmpty || isRepeated ? approved.union(edited) : edited
    try require(
      possible.contains(call.request.product), .edits,
      "order \(call.order) is charged as \(call.request.product), and is \(possible.sorted())",
      [call.order.description])
  }
}

// MARK: Builds that are too old

extension Checker {
  /// A service applies an event, which its build must be able to read.
  func checkReader(_ note: EventOutcome, _ aside: FollowedModel.Aside?, _ node: Node) throws {
    try require(
      !node.isTooOld(for: note.topic), .leastReader,
      "\(node.service.rawValue) applies \(note.topic)\(note.sequence), and is too old for it",
      [note.subject])
    if aside?.isTooNew == true { coverage.hit(.takenUp) }
  }

  /// Whether an event is deferred because the build is too old, with that reason.
  func isTooNew(_ note: EventOutcome, _ node: Node) throws -> Bool {
    guard case .dead = note.kind, node.isTooOld(for: note.topic) else { return false }
    coverage.hit(.tooNew)
    return true
  }

  /// Before an upgraded service applies anything live, it has tried what was too new for it.
  func checkTakenUp(_ process: ServiceProcess) throws {
    guard !process.node.isOldBuild else { return }
    for (stream, followed) in process.node.model.followed {
      let left = followed.aside.values.filter(\.isTooNew).map(\.sequence).min()
      try require(
        left == nil, .leastReader,
        "\(process.service.rawValue) is upgraded, and has not tried \(stream.rawValue) "
          + "\(left ?? 0) before what is live", [stream.rawValue])
    }
  }
}
