import Daemon
import Events
import Journal
import Runtime

/// A proved copy of one service's journal in a folder of dated backups.
struct DatedBackup {
  let place: JournalPlace
  let folder: BackupFolder
  /// The number of copies that stay; nil for all.
  let keep: Int?
  let runtime: RuntimeContext
  let checks: [String: [JournalCheck]]

  /// Makes the copy, and removes those that are too many once it is proved.
  ///
  /// The folder is locked.
  func make() throws -> DatedBackupReport {
    try place.checkReadable()
    let time = runtime.now()
    let name = BackupName(of: place.service, at: time)
    let file = folder.path(of: name.file)
    let others = place.databases(besideCopy: file)
      .filter { !ServiceJournal.isMissing($0.original) }
    let backup = try ServiceJournal.backUpProved(
      place.file, of: place.service, to: file, beside: others, checks: checks)
    // After a run as root, the user of the services goes on with the folder.
    for copy in others.map(\.copy) + [file] { giveToOwner(of: folder.path, copy) }
    try note(time, file: file)
    var report = DatedBackupReport(
      BackupReport(backup.mark, file: file), verified: backup.events, beside: others.map(\.copy))
    guard let keep else { return report }
    let surplus = try folder.listing().surplus(beside: name, keeping: keep, at: time)
    try folder.remove(surplus)
    report.removed = surplus.map(folder.path(of:))
    return report
  }

  private func note(_ time: Timestamp, file: String) throws {
    do {
      try ServiceJournal.noteBackup(of: place.file, at: time, in: file)
    } catch {
      throw Failure(
        .refused,
        """
        \(file) is proved, but \(place.service)d cannot show its time: \(error) Run this as the user \
        of the services.
        """)
    }
  }
}

/// The result of a dated backup.
struct DatedBackupReport: Hashable, Encodable {
  private let backup: BackupReport
  /// The number of events that were read in the copy.
  private let verified: Int
  /// The copies of the databases beside the journal.
  private let beside: [String]
  /// The copies that were too many.
  var removed: [String] = []

  private enum CodingKeys: CodingKey {
    case verified, beside, removed
  }

  init(_ backup: BackupReport, verified: Int, beside: [String]) {
    self.backup = backup
    self.verified = verified
    self.beside = beside
  }

  func encode(to encoder: any Encoder) throws {
    try backup.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(verified, forKey: .verified)
    try container.encode(beside, forKey: .beside)
    try container.encode(removed, forKey: .removed)
  }

  /// For people.
  var lines: [String] {
    ["\(backup.text); \(verified.grouped) events were read, and nothing is wrong"]
      + beside.map { "  with \($0)" } + removed.map { "  removed \($0)" }
  }
}
