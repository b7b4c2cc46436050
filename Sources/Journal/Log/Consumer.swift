package import Events
public import Runtime

/// A registered follower of this log, as far as it has acknowledged.
public struct Consumer: Codable, Hashable, Sendable {
  /// The follower's name: that of its service.
  public let name: String
  /// The last event that it has acknowledged; 0 for none.
  public let cursor: UInt64
  /// The time of its last acknowledgement; nil for an expected consumer that never sent one.
  public let seenAt: Timestamp?
}

/// The consumers of a log, which are configuration: their names, and the users that may
/// acknowledge under each name.
public struct ExpectedConsumers: Hashable, Sendable {
  /// The largest number of consumers of a log: a publisher lists all of them in one answer.
  package static let limit = 64

  /// Whether a text can be a consumer's name: 1 to 64 visible ASCII characters.
  package static func isName(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7e).contains($0) }
  }

  /// The names; the log keeps each event until all of them have acknowledged it.
  package let names: [String]
  /// The user ids that may acknowledge under a name.
  ///
  /// For a name without an entry, the daemon's own user and group may.
  package let users: [String: Set<UInt32>]

  /// Consumers, and the users that may acknowledge for them where that is configured.
  public init(_ names: [String], users: [String: Set<UInt32>] = [:]) {
    self.names = names
    self.users = users
  }
}

extension ExpectedConsumers: ExpressibleByArrayLiteral {
  /// Consumers for which the daemon's own user and group may acknowledge.
  public init(arrayLiteral names: String...) {
    self.init(names)
  }
}

/// The changes of a start to the registered consumers, to match the configuration.
package struct ConsumerRegistration: Hashable, Sendable {
  /// The names that are new, registered at 0.
  package internal(set) var added: [String] = []
  /// The consumers that were removed from the configuration, with their last state.
  package internal(set) var removed: [Consumer] = []
}

extension Reader {
  /// The registered consumers, by name.
  package func consumers() throws -> [Consumer] {
    try rows("SELECT name, sequence, seen_at FROM consumers ORDER BY name").map { row in
      Consumer(
        name: try row.value("name"), cursor: try row.value("sequence"),
        seenAt: try row.value("seen_at"))
    }
  }
}

extension Transaction {
  /// Makes the registered consumers those of the configuration.
  ///
  /// A new one is registered at 0, so that nothing that it needs is pruned before it comes.
  ///
  /// - Parameter keepsOthers: whether those that are not in this configuration stay: another replica may
  ///   have a newer one.
  func register(
    _ expected: ExpectedConsumers, keepingOthers keepsOthers: Bool = false
  ) throws -> ConsumerRegistration {
    let registered = try consumers()
    let known = Set(registered.map(\.name))
    let changes = ConsumerRegistration(
      added: expected.names.filter { !known.contains($0) },
      removed: keepsOthers ? [] : registered.filter { !expected.names.contains($0.name) })
    for name in changes.added {
      try run("INSERT INTO consumers (name, sequence) VALUES (\(name), 0)")
    }
    for consumer in changes.removed { _ = try remove(consumer: consumer.name) }
    return changes
  }

  /// Stops waiting for a consumer, until the next start: that registers it again at 0, if it is
  /// still configured.
  ///
  /// - Returns: whether it was registered.
  package func remove(consumer name: String) throws -> Bool {
    let isKnown = try consumers().contains { $0.name == name }
    try run("DELETE FROM consumers WHERE name = \(name)")
    return isKnown
  }

  /// Records how far a registered consumer has come.
  ///
  /// It never moves one backwards, and registers none: consumers are configuration. Nothing is
  /// written for one that stays where it is and was seen less than ten seconds ago, so that a
  /// repetition and a flood of equal acknowledgements cost no commit.
  ///
  /// - Returns: whether the consumer is registered; nothing is recorded for another.
  @discardableResult
  package func acknowledge(_ name: String, epoch: Epoch, sequence: UInt64) throws -> Bool {
    let known = try row("SELECT epoch, sequence, seen_at FROM consumers WHERE name = \(name)")
    guard let known else { return false }
    let place = max(sequence, try known.value("sequence"))
    let isNews =
      try known.value("epoch", as: Epoch?.self) != epoch || known.value("sequence") != place
    guard try isNews || !wasJustSeen(try known.value("seen_at")) else { return true }
    try run(
      """
      UPDATE consumers SET epoch = \(epoch), sequence = \(place), seen_at = \(now)
      WHERE name = \(name)
      """)
    return true
  }

  /// A time in the future is of a clock that was set back since.
  private func wasJustSeen(_ time: Timestamp?) -> Bool {
    time.map { $0 <= now && now.since($0) < .seconds(10) } ?? false
  }
}
