import ArgumentParser
import Daemon
import Events
import FoundationEssentials
import Glibc
import Journal
import Synchronization

/// `eventually verify`: checks a journal, in use or in a copy, and lists its faults.
struct VerifyCommand: ServiceCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check a service's journal, while the service runs, or a copy of one.",
    discussion: """
      Reads everything: the structure of the database, every event and the chain from the floor to \
      the head, the cursors, the deferred events, and the rules of a service's own \
      tables, for example that the ledger sums to zero. Nothing is changed. Progress is on the \
      standard error.

      The exit code is 0 when the journal is sound, and 1 when it is damaged.

      EXAMPLES
        eventually verify alpha
        eventually verify charlie --state /var/lib/eventually --json
        eventually verify charlie-monday.sqlite
      """)

  /// The rules of the services' own tables, by the service.
  static let checks = Mutex<[String: [JournalCheck]]>([:])

  /// The rules that were registered.
  static var registeredChecks: [String: [JournalCheck]] { checks.withLock { $0 } }

  @Argument(help: "The service, for example beta, or a journal's file.")
  var journal: String

  @Option(help: ArgumentHelp("The state folder of `up`, or the service's own.", valueName: "dir"))
  var state: String?

  @Flag(help: "Print JSON objects, one on a line.")
  var json = false

  /// A name with a slash or a dot is a file's.
  private var isFile: Bool { !isServiceName(journal) }

  func perform() async throws {
    let folders = Folders.ofThisProcess
    let path =
      isFile
      ? absolute(journal, in: folders.working)
      : "\(folders.state(of: journal, named: state))/\(Folders.journal)"
    if !isFile { try JournalPlace(service: journal, state: state).checkIsFile() }
    if access(path, R_OK) != 0, [EACCES, EPERM].contains(errno) {
      throw Failure.forbidden(path, code: errno, to: "read")
    }
    let verification: Verification
    do {
      verification = try ServiceJournal.verify(
        path, of: isFile ? nil : journal, checks: Self.registeredChecks
      ) { read, count in
        Output.notes.line("\(read) of \(count) events read")
      }
    } catch {
      throw Failure(error)
    }
    let report = VerifyReport(verification, file: path)
    for line in json ? report.jsonLines : report.lines { Output.data.line(line) }
    guard verification.findings.isEmpty else {
      throw Failure(
        .refused,
        """
        \(path) is damaged. Put a backup in its place with: eventually restore \
        \(report.service ?? "SERVICE") FILE
        """)
    }
  }
}

/// The findings, for people and for programs.
struct VerifyReport: Encodable {
  let file: String
  let service: String?
  let events: Int
  let sound: Bool
  private let findings: [Verification.Finding]

  private enum CodingKeys: CodingKey {
    case file, service, events, sound
  }

  init(_ verification: Verification, file: String) {
    self.file = file
    service = verification.service
    events = verification.events
    findings = verification.findings
    sound = findings.isEmpty
  }

  var lines: [String] {
    findings.map { "\($0.check): \($0.problem)".escapedForTerminal }
      + [
        "\(file): \(events) events of \(service ?? "no service"), "
          + (sound ? "nothing is wrong" : "\(findings.count) findings")
      ]
  }

  /// The findings, and the summary last.
  var jsonLines: [String] { findings.map(\.jsonLine) + [jsonLine] }
}
