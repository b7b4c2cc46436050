public import Events

/// A place in a stream's history: how far a follower has come, or how far a log goes.
public struct Cursor: Hashable, Sendable {
  /// The history; nil for a follower that knows none yet.
  public var epoch: Epoch?
  /// The number of the last event; 0 before the first.
  public var sequence: UInt64
  /// The chain after that event.
  public var chain: Chain

  /// A place in a history.
  public init(epoch: Epoch?, sequence: UInt64, chain: Chain) {
    self.epoch = epoch
    self.sequence = sequence
    self.chain = chain
  }

  /// Before the first event of a stream of which nothing is known.
  public static let start = Cursor(epoch: nil, sequence: 0, chain: .zero)
}

extension Reader {
  /// The position up to which a followed stream is applied.
  package func cursor(of stream: String) throws -> Cursor {
    let stored = try row("SELECT epoch, sequence, chain FROM cursors WHERE stream = \(stream)")
    guard let stored else { return .start }
    return Cursor(
      epoch: try stored.value("epoch"), sequence: try stored.value("sequence"),
      chain: try stored.value("chain"))
  }
}

extension Reader {
  /// The number of events that this service has published and applied.
  ///
  /// It grows with every change that one of them made. Resetting a stream, and a restore, may set it
  /// back.
  package func changePosition() throws -> Int64 {
    let applied: Int64? = try value("SELECT coalesce(sum(sequence), 0) AS value FROM cursors")
    return Int64(try head().sequence) + (applied ?? 0)
  }
}

extension Transaction {
  /// Resets the cursor to the start of a followed stream: all that its publisher keeps is read
  /// again.
  ///
  /// An event that was applied before must change nothing when it comes again: the reactions ensure
  /// it.
  package func resetCursor(of stream: String) throws {
    try run("DELETE FROM cursors WHERE stream = \(stream)")
  }

  func moveCursor(of stream: String, to cursor: Cursor) throws {
    try run(
      """
      INSERT INTO cursors (stream, epoch, sequence, chain)
      VALUES (\(stream), \(cursor.epoch), \(cursor.sequence), \(cursor.chain))
      ON CONFLICT (stream) DO UPDATE
      SET epoch = excluded.epoch, sequence = excluded.sequence, chain = excluded.chain
      """)
  }
}
