import ArgumentParser
import Daemon
import Events
import FoundationEssentials
import Journal
import Runtime

/// `eventually backup`: a copy of a service's journal, while it runs.
struct BackupCommand: ServiceCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup",
    abstract: "Copy a service's journal into a file, while the service runs.",
    discussion: """
      The copy is the committed state at one moment. It is checked, and on disk when the command \
      ends. It is one file. Put it back with `eventually restore`: after a copy by hand, the \
      consumers detect that later events are missing, and the service stops publishing.

      The exit code is 0 when the copy is made; 1 when FILE existed before and --force was not \
      given; 69 when this user may not read the journal; 78 when there is no journal of this \
      service.

      EXAMPLES
        eventually backup beta beta-monday.sqlite
        eventually backup alpha /mnt/backup/alpha.sqlite --force --json
        sudo eventually backup charlie /mnt/backup/charlie.sqlite
      """)

  @OptionGroup var place: JournalPlace

  @Argument(help: "The file that is made.")
  var file: String

  @Flag(help: "Replace FILE if it is there.")
  var force = false

  @Flag(help: "Print a JSON object on a line.")
  var json = false

  func perform() async throws {
    let file = absolute(file, in: Folders.ofThisProcess.working)
    try place.checkReadable()
    // With --force, a copy replaces the file of that name; root could replace /dev/null.
    if let kind = FileStatus(at: file)?.kind, kind != .plain {
      throw Failure(
        .refused, "\(file) is \(kind.rawValue). Name a plain file; nothing was changed.")
    }
    do {
      let mark = try ServiceJournal.backUp(
        place.file, of: place.service, to: file, overwriting: force)
      let report = BackupReport(mark, file: file)
      Output.data.line(json ? report.jsonLine : report.text)
    } catch let error as JournalError where error.code == .exists {
      throw Failure(.refused, "\(error) Or replace it with --force.")
    } catch {
      throw Failure(error)
    }
  }
}

/// The content of a backup.
struct BackupReport: Hashable, Encodable {
  let service: String
  let file: String
  let head: UInt64
  let epoch: Epoch
  /// The time at which its last event was committed; absent without one.
  let committedAt: Timestamp?

  init(_ mark: JournalMark, file: String) {
    service = mark.service
    self.file = file
    head = mark.sequence
    epoch = mark.epoch
    committedAt = mark.sequence > 0 ? mark.committedAt : nil
  }

  /// For people.
  var text: String {
    let end = committedAt.map { "event \(head) of \($0)" } ?? "no event"
    return "\(service) is backed up to \(file): up to \(end), epoch \(epoch)"
  }
}
