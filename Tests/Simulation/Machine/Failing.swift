// Reactions that fail for a while, as those of a service with a mistake in it do.

import Journal

extension ServiceProcess {
  /// Sets or removes what makes reactions fail, by a trigger in the service's own tables.
  ///
  /// A backup may hold one that has had its time.
  func makeReactionsFail() {
    // A start must not be followed by a commit that it would not make by itself.
    guard node.hasFailed else { return }
    later(0) { [self] in
      let fails = node.failsUntil > world.clock.now
      try commitAlone { [self] in
        try journal.write { transaction in
          for (number, event) in service.writtenByReactions.enumerated() {
            try transaction.run(SQL(stringLiteral: "DROP TRIGGER IF EXISTS failing_\(number)"))
            guard fails else { continue }
            let trigger = """
              CREATE TRIGGER failing_\(number) BEFORE \(event)
              BEGIN SELECT RAISE(ABORT, 'it fails for a while'); END
              """
            try transaction.run(SQL(stringLiteral: trigger))
          }
        }
      }
    }
  }
}

extension Service {
  /// What only reactions write.
  fileprivate var writtenByReactions: [String] {
    switch self {
    case .alpha: ["INSERT ON orders"]
    case .beta: ["INSERT ON settings", "UPDATE ON orders"]
    case .charlie: ["INSERT ON settings", "INSERT ON charges"]
    case .overlord: ["INSERT ON events"]
    }
  }
}
