public import Events
package import Runtime

/// The end of a log: a row of its own, never the maximum of the log, so that pruning cannot
/// move it back.
package struct Head: Hashable, Sendable {
  /// The service to which the log belongs, and so the stream's name.
  package let stream: String
  /// The history's number.
  package let epoch: Epoch
  /// The number of the last event; 0 before the first.
  package internal(set) var sequence: UInt64
  /// The chain after that event.
  package internal(set) var chain: Chain
  /// The time at which that event was committed.
  package internal(set) var committedAt: Timestamp
  /// The first sequence number from which nothing is missing.
  package var floor: UInt64
  /// The finding that this service has lost a part of its history, which others have; nil without
  /// one.
  ///
  /// New events would contradict the lost ones, so it publishes nothing until an operator decides.
  package internal(set) var lost: String?

  /// The end of the log as a place in its history.
  package var cursor: Cursor { Cursor(epoch: epoch, sequence: sequence, chain: chain) }
}

/// One history of a log: it began after a sequence number, where the chain was this.
public struct Lineage: Codable, Hashable, Sendable {
  /// The history's number.
  public let epoch: Epoch
  /// The last sequence number of the history before it; 0 for the first one.
  public let from: UInt64
  /// The chain at that sequence number.
  public let chain: Chain

  /// A history that began there.
  public init(epoch: Epoch, from: UInt64, chain: Chain) {
    self.epoch = epoch
    self.from = from
    self.chain = chain
  }
}

extension Reader {
  /// The end of the log; in a transaction, with the events that it emitted.
  package func head() throws -> Head {
    // A transaction stores its head once, at its end.
    if let transaction = self as? Transaction { return transaction.progress.head }
    guard let row = try row("SELECT * FROM journal WHERE id = 1") else {
      throw JournalError(.malformed, summary: "the journal has no row of its own")
    }
    return Head(
      stream: try row.value("service"), epoch: try row.value("epoch"),
      sequence: try row.value("sequence"), chain: try row.value("chain"),
      committedAt: try row.value("committed_at"), floor: try row.value("floor"),
      lost: try row.value("lost"))
  }

  /// The histories of the log, oldest first; the last one is the present.
  package func lineage() throws -> [Lineage] {
    try rows("SELECT epoch, sequence, chain FROM lineage ORDER BY position").map { row in
      Lineage(
        epoch: try row.value("epoch"), from: try row.value("sequence"),
        chain: try row.value("chain"))
    }
  }
}

extension Head {
  /// Moves to an event of the same log.
  package mutating func advance(to header: Header) {
    sequence = header.sequence
    chain = header.chain
    committedAt = header.committedAt
  }
}
