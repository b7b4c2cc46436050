import Events
package import Runtime
import Synchronization

/// The reason for which a journal neither emits nor applies events: others have a part of its
/// history that it does not have.
public struct HistoryLost: Error, CustomStringConvertible {
  /// The finding and the remedy, for people.
  public let description: String
}

extension ServiceJournal {
  /// The finding that this service has lost a part of its history, after the last commit; nil
  /// without one.
  ///
  /// It needs no read.
  package var lost: String? { state.withLock { $0.lost } }
}

extension Transaction {
  /// Remembers that others have a part of this log's history that it has not itself, until
  /// ``ServiceJournal/beginHistory(_:of:runtime:)`` begins another.
  package func loseHistory(_ finding: String) throws {
    progress.head.lost = progress.head.lost ?? finding
  }

  /// - Throws: ``HistoryLost`` when it is.
  package func requireHistory() throws {
    if let loss = progress.head.loss { throw loss }
  }
}

extension Head {
  /// The loss, with the remedy; nil without a loss.
  package var loss: HistoryLost? {
    lost.map { finding in
      HistoryLost(
        description: """
          \(stream) has lost a part of its history: \(finding). It publishes nothing until an \
          operator puts the right journal back, or accepts this one: eventually restore \(stream) --accept
          """)
    }
  }
}

extension ServiceJournal {
  /// Begins a new history at the end of a journal's log, as a restore does: the events
  /// after that end are lost, and their numbers will be used again.
  ///
  /// No journal may be open on it.
  ///
  /// - Returns: the new history.
  /// - Throws: ``JournalError`` that names the file and the remedy.
  @discardableResult
  package static func beginHistory(
    _ place: Place, of service: String, runtime: RuntimeContext
  ) throws -> Lineage {
    do {
      try place.inspect(for: service, nil)
      let engine = try place.open(waiting: 5)
      try engine.migrate(journalMigrations)
      let history = try engine.write { connection in
        guard try connection.owner == service else {
          throw JournalError(
            .notADatabase,
            summary: "\(place.name) holds no journal of \(service); nothing was changed.")
        }
        return try Transaction(connection, in: .init(runtime: runtime))
          .beginHistory()
      }
      if case .file = place { try engine.close() }
      return history
    } catch {
      throw JournalError.opening(place.name, cause: error)
    }
  }
}

extension Transaction {
  fileprivate func beginHistory() throws -> Lineage {
    let head = progress.head
    let history = Lineage(
      epoch: Epoch(runtime.random()), from: head.sequence, chain: head.chain)
    try run("UPDATE journal SET epoch = \(history.epoch), lost = NULL WHERE id = 1")
    try run(
      """
      INSERT INTO lineage (epoch, sequence, chain)
      VALUES (\(history.epoch), \(history.from), \(history.chain))
      """)
    // A follower that had events of the lost part must read them again.
    try run(
      "UPDATE consumers SET sequence = \(head.sequence) WHERE sequence > \(head.sequence)")
    return history
  }
}

extension Reader {
  /// Whether this history was begun by a restore, and has no event yet.
  package func hasJustBeenRestored() throws -> Bool {
    let histories = try lineage()
    guard histories.count > 1, let present = histories.last else { return false }
    return try head().sequence == present.from
  }
}
