public import Events

/// A registered follower of this log, as far as it has acknowledged.
public struct Consumer: Codable, Hashable, Sendable {
  /// The follower's name: that of its service.
  public let name: String
  /// The last event that it has acknowledged; 0 for none.
  public let cursor: UInt64
  /// When it last acknowledged; nil for one that is expected and never has.
  public let seenAt: Timestamp?
}

extension Reader {
  /// Everyone who is registered, by name.
  public func consumers() throws -> [Consumer] {
    try rows("SELECT name, sequence, seen_at FROM consumers ORDER BY name").map { row in
      Consumer(
        name: try row.value("name"), cursor: try row.value("sequence"),
        seenAt: try row.value("seen_at"))
    }
  }
}

extension Transaction {
  /// Registers followers that have not come yet, so that nothing that they need is pruned.
  func expect(_ names: [String]) throws {
    for name in names {
      try run(
        """
        INSERT INTO consumers (name, sequence) VALUES (\(name), 0) ON CONFLICT (name) DO NOTHING
        """)
    }
  }

  /// Stops waiting for a follower that will never come back.
  ///
  /// Should it come back, its first acknowledgement registers it again.
  ///
  /// - Returns: whether it was registered.
  public func remove(consumer name: String) throws -> Bool {
    let isKnown = try consumers().contains { $0.name == name }
    try run("DELETE FROM consumers WHERE name = \(name)")
    return isKnown
  }

  /// Records how far a follower has come; its first acknowledgement registers it.
  public func acknowledge(_ name: String, epoch: Epoch, sequence: UInt64) throws {
    try run(
      """
      INSERT INTO consumers (name, epoch, sequence, seen_at)
      VALUES (\(name), \(epoch), \(sequence), \(now))
      ON CONFLICT (name) DO UPDATE
      SET epoch = excluded.epoch, sequence = excluded.sequence, seen_at = excluded.seen_at
      """)
  }
}
