// What a restore loses, by name.

import Events

extension Checker {
  /// An older journal takes the place of a node's present one: what it lacks is lost, and nothing
  /// else may ever be.
  func loses(_ node: Node, to older: NodeModel) {
    let service = node.service.rawValue
    let shared = zip(node.model.log, older.log).prefix { $0.chain == $1.chain }.count
    for event in node.model.log.dropFirst(shared) {
      facts.lost.append("\(service) \(event.sequence) \(event.type) \(event.subject)")
      if let order = Identifier(event.subject) { facts.touched.insert(order) }
    }
    for order in node.model.told.accepted.subtracting(older.told.accepted).sorted(by: by) {
      facts.lost.append("\(service)'s acceptance of order \(order)")
    }
    for (order, approved) in node.model.told.decided.sorted(by: { by($0.key, $1.key) })
    where older.told.decided[order] == nil {
      facts.lost.append("\(service)'s \(approved ? "approval" : "rejection") of order \(order)")
    }
    // What was said of any order since then is said again, or not.
    facts.touched.formUnion(facts.orders.keys)
    trace.note("checker", about: [service], "lost: \(facts.lost.joined(separator: "; "))")
  }

  private func by(_ left: Identifier, _ right: Identifier) -> Bool {
    left.description < right.description
  }
}
