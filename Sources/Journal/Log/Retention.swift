import Events
package import Runtime

/// The time for which a log keeps its events.
///
/// An event stays until every registered consumer has acknowledged it, and it is old enough. Some
/// events stay forever.
package struct Retention: Hashable, Sendable {
  /// The age from which an event may be removed.
  package var age: Duration
  /// The types of the events that never go, by their declared names.
  package var forever: Set<String>
  /// The consumers that only watch, and for how long an event is kept for them at most.
  package var watchers: [String: Duration]

  /// A rule for a log.
  package init(age: Duration, forever: Set<String> = [], watchers: [String: Duration] = [:]) {
    self.age = age
    self.forever = forever
    self.watchers = watchers
  }
}

extension Transaction {
  /// Removes events that no consumer needs from the beginning of the log, and raises the
  /// floor: a piece at a time, so that other work has its turn.
  ///
  /// - Parameters:
  ///   - retention: the rule.
  ///   - time: the time by which ages are measured, where that of the transaction is in doubt.
  ///   - limit: how many events are looked at, at most.
  /// - Returns: how many were looked at and need not be kept: 0 when all that is left is needed.
  package func prune(_ retention: Retention, asOf time: Timestamp? = nil, limit: Int = 500) throws
    -> Int
  {
    let head = progress.head
    guard head.lost == nil else { return 0 }
    let keep = try needs(retention, asOf: time ?? now)
    guard let first = try records(after: head.floor - 1, limit: 1).first, !keep(first.header) else {
      return 0
    }
    let passed = try records(after: head.floor - 1, limit: limit).prefix { !keep($0.header) }
    guard let last = passed.last?.header else { return 0 }
    for record in passed where !retention.forever.contains(record.topic.type) {
      try run("DELETE FROM log WHERE sequence = \(record.header.sequence)")
    }
    try run(
      """
      UPDATE journal SET floor = \(last.sequence + 1), floor_chain = \(last.chain) WHERE id = 1
      """)
    progress.head.floor = last.sequence + 1
    return passed.count
  }

  /// Whether an event is still needed, by a consumer or because it is young.
  private func needs(_ retention: Retention, asOf now: Timestamp) throws -> (Header) -> Bool {
    let consumers = try consumers()
    let needed = consumers.map { consumer in
      (after: consumer.cursor, since: retention.watchers[consumer.name].map { now - $0 })
    }
    let young = now - retention.age
    return { header in
      header.committedAt >= young
        || needed.contains { need in
          header.sequence > need.after && need.since.map { header.committedAt >= $0 } ?? true
        }
    }
  }
}
