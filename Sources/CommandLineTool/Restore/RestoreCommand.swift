import ArgumentParser
import Daemon
import Events
import FoundationEssentials
import Journal
import Runtime

/// `eventually restore`: a backup in the place of a journal, or a journal accepted as it is.
struct RestoreCommand: ServiceCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore",
    abstract: "Put a backup in the place of a service's journal, and begin a new history.",
    discussion: """
      The service must not run. FILE is checked before any change. The replaced journal is kept, \
      under a name with the time, and the events that only it had are listed. Followers that have \
      these events stop, and take the new history after `eventually follow reset`. All other \
      followers continue automatically.

      With --accept instead of FILE the present journal stays, and a new history begins at its \
      end: for a service that has found that it lost a part of its history, if no newer journal \
      is left.

      The exit code is 0 when it is done; 69 when this user may not write there; 78 when the \
      service runs, or FILE is not its journal, or is damaged.

      EXAMPLES
        eventually restore beta beta-monday.sqlite
        eventually restore alpha --accept --json
        sudo systemctl stop charlied && \\
          sudo eventually restore charlie /mnt/backup/charlie.sqlite
      """)

  @OptionGroup var place: JournalPlace

  @Argument(help: "The backup.")
  var file: String?

  @Flag(help: "Keep the present journal, and begin a new history at its end.")
  var accept = false

  @Flag(help: "Print JSON objects, one on a line.")
  var json = false

  func validate() throws {
    guard accept != (file != nil) else {
      throw ValidationError("name either the backup, FILE, or --accept.")
    }
  }

  func perform() async throws {
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
    let runtime = RuntimeContext.system
    guard let file else {
      return RestoreReport(
        try ServiceJournal.accept(place.file, of: place.service, runtime: runtime))
    }
    let path = absolute(file, in: Folders.ofThisProcess.working)
    // To open a pipe would wait for its other end.
    if let kind = FileStatus(following: path)?.kind, kind != .plain {
      throw Failure(.configuration, "\(path) is \(kind.rawValue). Name the backup's file.")
    }
    return RestoreReport(
      try ServiceJournal.restore(
        place.file, of: place.service, from: path, runtime: runtime), from: path)
  }
}
