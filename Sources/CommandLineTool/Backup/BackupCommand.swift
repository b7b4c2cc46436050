import ArgumentParser
import Daemon
import Events
import FoundationEssentials
import Journal
import Runtime

/// `eventually backup`: copies of journals, while their services run.
struct BackupCommand: ServiceCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup",
    abstract: "Copy the journals of services, while the services run.",
    usage: """
      eventually backup <service> <file> [<options>]
      eventually backup --into <folder> [<service> ...] [<options>]
      """,
    discussion: """
      A copy is the committed state at one moment, in one file, and on disk when the command ends. \
      Put it back with `eventually restore`: after a copy by hand, the consumers detect that later \
      events are missing, and the service stops publishing.

      With --into, each service gets a copy with the time in its name, such as \
      alpha-20261126T190000Z.sqlite. It gets this name after it was checked as by \
      `eventually verify`. Only then are the oldest copies beyond --keep removed. Charlie's copy has \
      one of its gateway's books beside it, which is later than the journal's. The failure of one \
      service does not affect the others. The service shows the time of its last copy as the metric \
      eventually_last_backup_timestamp_seconds.

      The exit code is 0 when all copies are made; 1 when FILE existed before and --force was not \
      given, another backup writes into the folder, or a copy is damaged; 69 when this user may not \
      read a journal or write into the folder; 78 when there is no such journal or folder, or a \
      journal is damaged. When several services fail for different reasons, it is 1.

      EXAMPLES
        eventually backup beta beta-monday.sqlite
        eventually backup alpha /mnt/backup/alpha.sqlite --force --json
        sudo -u eventually eventually backup --into /var/backups/eventually --keep 14
      """)

  @Argument(
    help: ArgumentHelp(
      "The service and the file that is made; with --into the services, by default all here.",
      valueName: "name"))
  var names: [String] = []

  @Option(help: ArgumentHelp("Make checked copies with dates in this folder.", valueName: "folder"))
  var into: String?

  @Option(help: ArgumentHelp("Keep this many copies of a service; all by default.", valueName: "n"))
  var keep: Int?

  @Option(help: JournalOptions.stateHelp)
  var state: String?

  @Flag(help: "Replace FILE if it is there.")
  var force = false

  @Flag(help: "Print a JSON object on a line.")
  var json = false

  func validate() throws {
    guard into != nil else {
      if let service = names.first { try JournalPlace.check(service: service) }
      guard names.count == 2 else {
        throw ValidationError("name a service and FILE, or a folder with --into.")
      }
      guard keep == nil else { throw ValidationError("--keep needs --into.") }
      return
    }
    for service in names { try JournalPlace.check(service: service) }
    guard !force else { throw ValidationError("--force and --into do not go together.") }
    guard keep ?? 1 > 0 else { throw ValidationError("--keep needs 1 or more.") }
  }

  func perform() async throws {
    let working = Folders.ofThisProcess.working
    if let into {
      try copyAll(into: BackupFolder(path: absolute(into, in: working)))
    } else {
      try copy(JournalPlace(service: names[0], state: state), to: absolute(names[1], in: working))
    }
  }

  private func copy(_ place: JournalPlace, to file: String) throws {
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

  private func copyAll(into folder: BackupFolder) throws {
    let services = try names.isEmpty ? Folders.ofThisProcess.services(state: state) : names
    let lock = try folder.lock()
    try folder.remove(folder.listing().parts)
    var failures: [(service: String, failure: Failure)] = []
    for service in services {
      let place = JournalPlace(service: service, state: state)
      if names.isEmpty, let database = place.database {
        Output.notes.line("\(service): its journal is in \(database), and backed up there")
        continue
      }
      let backup = DatedBackup(
        place: place, folder: folder, keep: keep,
        runtime: .system, checks: VerifyCommand.registeredChecks)
      do {
        let report = try backup.make()
        for line in json ? [report.jsonLine] : report.lines { Output.data.line(line) }
      } catch {
        failures.append((service, error as? Failure ?? Failure(error)))
      }
    }
    _ = consume lock
    if let failure = Self.failure(of: failures, among: services.count) { throw failure }
  }

  /// The failure of the command; nil without one.
  ///
  /// - Parameters:
  ///   - failures: the services that have no new copy, and the reasons.
  ///   - count: the number of all services.
  static func failure(
    of failures: [(service: String, failure: Failure)], among count: Int
  ) -> Failure? {
    let statuses = Set(failures.map(\.failure.status))
    guard let status = statuses.first else { return nil }
    let sentences = failures.map { "\($0.service) is not backed up: \($0.failure)" }
    return Failure(
      statuses.count == 1 ? status : .refused,
      (sentences + ["\(failures.count) of \(count) backups failed"]).joined(separator: "\n"))
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
