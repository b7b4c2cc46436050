import Events
import Journal

/// The result of a move, and the key that leads the service to the database.
struct MoveReport: Hashable, Encodable {
  let service: String
  /// The address without a password.
  let journal: String
  /// The end of the log.
  let head: UInt64
  let epoch: Epoch
  /// The number of events that were read in the database.
  let events: Int
  /// The number of rows in the database.
  let rows: Int
  /// The files of before.
  let kept: [String]

  init(_ moved: MovedJournal, address: String) {
    service = moved.mark.service
    journal = Self.withoutPassword(address)
    head = moved.mark.sequence
    epoch = moved.mark.epoch
    events = moved.events
    rows = moved.rows
    kept = moved.kept
  }

  /// An address as it may stand in a configuration that others read.
  static func withoutPassword(_ address: String) -> String {
    address.replacing(#/:\/\/([^:@\/?]*):[^@\/?]*@/#) { "://\($0.output.1)@" }
      .replacing(#/([?&]password=)[^&]*/#) { "\($0.output.1)..." }
  }

  /// For people.
  var lines: [String] {
    [
      """
      \(service) is moved: \(rows.grouped) rows, with \(events.grouped) events of the log, up to \
      event \(head) of epoch \(epoch).
      """,
      "The copy was read again: its chain and the rows of all tables are those of the file.",
    ] + kept.map { "The file is kept as \($0)" } + [
      "Put this into \(service).yaml, and start \(service)d:",
      "  \(service):",
      "    journal: \(journal)",
    ]
  }
}
