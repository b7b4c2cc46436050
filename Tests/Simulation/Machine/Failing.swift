// Reactions that fail for a while, as those of a service with a mistake in it do: all of them, or
// those to events of which a table refuses the product. And answers of the gateway that Charlie cannot
// store.

import Journal

extension ServiceProcess {
  /// Sets or removes what makes reactions and answers fail, by a trigger in the service's own tables.
  ///
  /// A backup may hold one that has had its time.
  func makeReactionsFail() {
    // A start must not be followed by a commit that it would not make by itself.
    guard node.hasFailed else { return }
    later(0) { [self] in
      let fails = node.failsUntil > world.clock.now
      let refuses = node.refusesProductsUntil > world.clock.now
      let refusesAnswers = node.refusesAnswersUntil > world.clock.now
      try commitAlone { [self] in
        try journal.write { transaction in
          let writes = service.writtenByReactions
          for (number, event) in writes.enumerated() {
            try transaction.set("failing_\(number)", event, fails ? "" : nil)
          }
          for (number, event) in service.productsWrittenByReactions.enumerated() {
            let condition = "WHEN NEW.product NOT LIKE '\(DeadLetterEdit.mark)%'"
            try transaction.set("refusing_\(number)", event, refuses ? condition : nil)
          }
          if service == .charlie {
            // Of answers that come together, about half.
            let condition = "WHEN substr(NEW.order_id, -1) < '8'"
            try transaction.set(
              "refusing_answers", "UPDATE OF state ON charges", refusesAnswers ? condition : nil)
          }
        }
      }
    }
  }
}

extension Transaction {
  /// Sets a trigger that makes a statement fail under a condition; nil removes it.
  fileprivate func set(_ trigger: String, _ event: String, _ condition: String?) throws {
    try run(SQL(stringLiteral: "DROP TRIGGER IF EXISTS \(trigger)"))
    guard let condition else { return }
    let statement = """
      CREATE TRIGGER \(trigger) BEFORE \(event) \(condition)
      BEGIN SELECT RAISE(ABORT, 'it fails for a while'); END
      """
    try run(SQL(stringLiteral: statement))
  }
}

extension Service {
  /// Tables that only reactions write, with a product.
  fileprivate var productsWrittenByReactions: [String] {
    switch self {
    case .alpha: ["INSERT ON orders"]
    case .charlie: ["INSERT ON charges"]
    case .beta, .overlord: []
    }
  }

  /// Tables that only reactions write.
  fileprivate var writtenByReactions: [String] {
    switch self {
    case .alpha: ["INSERT ON orders"]
    case .beta: ["INSERT ON settings", "UPDATE ON orders"]
    case .charlie: ["INSERT ON settings", "INSERT ON charges"]
    case .overlord: ["INSERT ON events"]
    }
  }
}
