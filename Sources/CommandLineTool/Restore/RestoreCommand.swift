import ArgumentParser
import Daemon
import Events
import FoundationEssentials
import Journal
import Runtime
import Synchronization

/// `eventually restore`: a backup in the place of a journal, or a journal accepted as it is.
struct RestoreCommand: ServiceCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore",
    abstract: "Put a backup in the place of a service's journal, and begin a new history.",
    usage: """
      eventually restore <service> <file> [<options>]
      eventually restore <service> --from <folder> [<options>]
      eventually restore <service> --accept [<options>]
      """,
    discussion: """
      The service must not run. FILE is checked before any change. The replaced journal is kept, \
      under a name with the time, and the events that only it had are listed. Followers that have \
      these events stop, and take the new history after `eventually follow reset`. All other \
      followers continue automatically.

      With --from instead of FILE, it is the newest copy in this folder of `eventually backup --into` \
      that is sound, as `eventually verify` checks it. Newer copies that are damaged are listed. If \
      the books of Charlie's gateway are missing, their copy is put back too; books that are there \
      stay, because they have every charge.

      With --accept instead of FILE the present journal stays, and a new history begins at its \
      end: for a service that has found that it lost a part of its history, if no newer journal \
      is left, and for a journal in PostgreSQL whose database was restored. There the books of \
      Charlie's gateway must have every charge of the journal: load the newest ones first.

      The exit code is 0 when it is done; 69 when this user may not write there, or may not read \
      the backup; 78 when the service runs, when FILE is not its journal or is damaged, or when no \
      copy in the folder is sound.

      EXAMPLES
        eventually restore beta beta-monday.sqlite
        eventually restore alpha --accept --json
        sudo systemctl stop charlied && \\
          sudo eventually restore charlie --from /var/backups/eventually
      """)

  @OptionGroup var options: JournalOptions

  @Argument(help: "The backup.")
  var file: String?

  @Option(
    help: ArgumentHelp("Take the newest copy that is sound in this folder.", valueName: "folder"))
  var from: String?

  @Flag(help: "Keep the present journal, and begin a new history at its end.")
  var accept = false

  @Option(
    help: ArgumentHelp(
      "The address of the database that has the journal, by default SERVICE_JOURNAL.",
      valueName: "address"))
  var journal: String?

  @Flag(help: "Print JSON objects, one on a line.")
  var json = false

  func validate() throws {
    guard [accept, file != nil, from != nil].count(where: { $0 }) == 1 else {
      throw ValidationError("name either the backup, FILE, or its folder with --from, or --accept.")
    }
  }

  private var place: JournalPlace { options.place }

  func perform() async throws {
    if !accept { try place.checkIsFile() }
    let lock = try place.lock()
    let report: RestoreReport
    do {
      report = try restore()
    } catch let failure as Failure {
      throw failure
    } catch {
      throw Failure(error)
    }
    _ = consume lock
    for line in json ? report.jsonLines : report.lines { Output.data.line(line) }
  }

  private func restore() throws -> RestoreReport {
    let working = Folders.ofThisProcess.working
    if let from {
      let search = SoundCopy(place: place, folder: BackupFolder(path: absolute(from, in: working)))
      let (file, skipped) = try search.newest(
        at: RuntimeContext.system.now(), checks: VerifyCommand.registeredChecks)
      for copy in skipped { Output.notes.line("skipped \(copy.file): \(copy.problem)") }
      return try restore(from: file, skipping: skipped)
    }
    guard let file else { return RestoreReport(try acceptance()) }
    return try restore(from: absolute(file, in: working))
  }

  /// Begins a new history, in the file or in the database of PostgreSQL that the daemon has used.
  private func acceptance() throws -> Acceptance {
    guard let database = place.database else {
      return try ServiceJournal.accept(place.file, of: place.service, runtime: .system)
    }
    let variable = "\(place.service.uppercased().replacing("-", with: "_"))_JOURNAL"
    guard let text = journal ?? Folders.ofThisProcess.environment[variable] else {
      throw Failure(
        .configuration,
        """
        the journal of \(place.service) is in \(database). Name its whole address with --journal or \
        \(variable), as the daemon has it.
        """)
    }
    do {
      return try ServiceJournal.accept(
        PostgreSQLAddress(text), of: place.service, runtime: .system,
        checks: MoveCommand.designs.withLock { $0[place.service]?.checksBeside ?? [] })
    } catch let fault as PostgreSQLAddress.Fault {
      throw Failure(.configuration, "the address of the journal \(fault).")
    }
  }

  /// - Parameter skipped: the newer copies that are damaged.
  private func restore(from path: String, skipping skipped: [SoundCopy.Skipped] = []) throws
    -> RestoreReport
  {
    // To open a pipe would wait for its other end.
    if let kind = FileStatus(following: path)?.kind, kind != .plain {
      throw Failure(.configuration, "\(path) is \(kind.rawValue). Name the backup's file.")
    }
    // Before the journal: with books that do not have its charges, it would charge them again.
    let databases = try place.databases(besideCopy: path)
      .filter { !ServiceJournal.isMissing($0.copy) }
      .filter { try ServiceJournal.restoreLost($0) }
    let restoration = try ServiceJournal.restore(
      place.file, of: place.service, from: path, runtime: .system)
    return RestoreReport(
      restoration, from: path, databases: databases.map(\.original), skipped: skipped)
  }
}
