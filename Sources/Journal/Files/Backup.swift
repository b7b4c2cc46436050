package import Events
import Glibc
package import Runtime

/// The end of the log of a journal in a file, and its history.
package struct JournalMark: Hashable, Codable, Sendable {
  /// The service to which the journal belongs.
  package let service: String
  /// Its history.
  package let epoch: Epoch
  /// The last event of its log; 0 for none.
  package let sequence: UInt64
  /// The time at which that event was committed; 1970 for none.
  package let committedAt: Timestamp
}

extension ServiceJournal {
  /// Copies a journal into a file of its own, while its service runs: the committed data, whole and
  /// checked.
  ///
  /// The copy appears at once, and is on disk when this returns. It is one file, without the two
  /// that SQLite keeps beside a journal in use.
  ///
  /// - Parameters:
  ///   - path: the journal's file.
  ///   - service: the service to which the journal must belong.
  ///   - file: the path of the copy.
  ///   - overwriting: whether a file that is there already may be replaced.
  /// - Returns: the end of the copy's log.
  /// - Throws: ``JournalError`` that names the file and the remedy.
  package static func backUp(
    _ path: String, of service: String, to file: String, overwriting: Bool = false
  ) throws -> JournalMark {
    try JournalFile.refuse(file, ifItIs: path)
    if !overwriting { try JournalFile.refuseExisting(file) }
    let part = "\(file).part-\(getpid())"
    defer { JournalFile.remove(part) }
    let mark = try JournalFile.copy(path, of: service, to: part)
    try JournalFile.put(part, at: file, overwriting: overwriting)
    return mark
  }
}

extension Reader {
  /// The end of the log, and its history.
  var mark: JournalMark {
    get throws {
      let row = try row("SELECT service, epoch, sequence, committed_at FROM journal")
      guard let row else {
        throw JournalError(.malformed, summary: "the journal has no row of its own")
      }
      return JournalMark(
        service: try row.value("service"), epoch: try row.value("epoch"),
        sequence: try row.value("sequence"), committedAt: try row.value("committed_at"))
    }
  }
}
