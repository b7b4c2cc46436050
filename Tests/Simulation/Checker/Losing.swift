// The losses of a restore, by name.

import Events
import Runtime

extension Checker {
  /// An older journal takes the place of a node's present one: only the events that it does not
  /// have are lost, and nothing else may ever be.
  func loses(_ node: Node, to older: NodeModel) {
    let service = node.service.rawValue
    let shared = zip(node.model.log, older.log).prefix { $0.chain == $1.chain }.count
    for event in node.model.log.dropFirst(shared) {
      facts.lost.append("\(service) \(event.sequence) \(event.type) \(event.subject)")
      if let order = Identifier(event.subject) {
        facts.lostWords[node.service, default: []].insert(order)
      }
    }
    for order in node.model.told.accepted.subtracting(older.told.accepted).sorted(by: by) {
      facts.lost.append("\(service)'s acceptance of order \(order)")
    }
    for (order, approved) in node.model.told.decided.sorted(by: { by($0.key, $1.key) })
    where older.told.decided[order] == nil {
      facts.lost.append("\(service)'s \(approved ? "approval" : "rejection") of order \(order)")
    }
    trace.note("checker", about: [service], "lost: \(facts.lost.joined(separator: "; "))")
  }

  private func by(_ left: Identifier, _ right: Identifier) -> Bool {
    left.description < right.description
  }
}

extension Checker {
  /// The events of a stream that a service has never applied, because they were removed from the
  /// log before: only possible where one of both was restored, or the follower was removed from the
  /// publisher's list.
  func skipped(_ node: Node, of publisher: Node) throws -> Set<Identifier> {
    guard let followed = node.model.followed[publisher.service] else { return [] }
    let missing = publisher.model.log.filter { !followed.taken.contains($0.sequence) }
    let skipped = missing.filter { !followed.excused.contains($0.sequence) }
    let subjects = Set(missing.compactMap { Identifier($0.subject) })
    guard let first = skipped.first else { return subjects }
    let isForgotten = facts.forgotten[publisher.service]?.contains(node.service) ?? false
    try require(
      isForgotten
        // Overlord only watches, and is not waited for beyond a time.
        || node.service == .overlord && first.sequence < publisher.model.floor, .lossNamed,
      "\(node.service.rawValue) never got \(publisher.service.rawValue) \(first.sequence), and "
        + "nothing was restored", [publisher.service.rawValue, first.subject])
    coverage.hit("event: lost, named")
    return subjects
  }
}
