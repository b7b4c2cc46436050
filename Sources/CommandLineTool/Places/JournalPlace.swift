import ArgumentParser
import Daemon
import FoundationEssentials
import Glibc
import Journal

/// The options by which a service's journal is found.
struct JournalOptions: ParsableArguments {
  @Argument(help: "The service, for example beta.")
  var service: String

  @Option(help: stateHelp)
  var state: String?

  static let stateHelp = ArgumentHelp(
    "The state folder of `up`, or the service's own.",
    discussion: """
      By default where its daemon looks: SERVICE_STATE, ./.eventually/SERVICE, \
      /var/lib/eventually/SERVICE. A state folder that only its configuration file names is named \
      here too.
      """, valueName: "dir")

  func validate() throws {
    try JournalPlace.check(service: service)
  }

  var place: JournalPlace { JournalPlace(service: service, state: state) }
}

/// Which service's journal is meant, and where it lies.
struct JournalPlace: Hashable, Sendable {
  let service: String
  /// The folder that was named; nil for the usual one.
  let state: String?

  static func check(service: String) throws {
    guard isServiceName(service) else {
      throw ValidationError("\(service): write a service's name, for example beta.")
    }
  }

  /// The folder of the service's state.
  var folder: String { Folders.ofThisProcess.state(of: service, named: state) }

  /// The file of its journal.
  var file: String { "\(folder)/\(Folders.journal)" }

  /// The databases beside it, and their copies beside a copy of it.
  ///
  /// - Parameter copy: the path of the journal's copy: `/backup/charlie.sqlite`, beside which the copy of
  ///   the gateway's books is `/backup/charlie.gateway.sqlite`.
  func databases(besideCopy copy: String) -> [DatabaseCopy] {
    let end = ".sqlite"
    let stem = copy.hasSuffix(end) ? copy.dropLast(end.count) : copy[...]
    return databasesBesideJournal.map {
      DatabaseCopy(of: "\(folder)/\($0)", at: "\(stem).\($0)")
    }
  }

  /// The database of PostgreSQL that has the journal; nil where it is a file.
  var database: String? { ServiceJournal.database(ofStateIn: folder) }

  /// Refuses a journal in PostgreSQL, where a command works on the file.
  ///
  /// - Throws: 78, with the commands of PostgreSQL.
  func checkIsFile() throws(Failure) {
    guard access(file, F_OK) != 0, let database else { return }
    throw Failure(
      .configuration,
      """
      the journal of \(service) is no file: it is in \(database). Back it up with pg_basebackup or \
      pg_dump, and check it with pg_amcheck. After it was restored, begin a new history with: \
      eventually restore \(service) --accept
      """)
  }

  /// - Throws: 78 when there is no journal; 69 when this user may not read it.
  func checkReadable() throws(Failure) {
    try checkIsFile()
    guard access(file, R_OK) != 0 else { return }
    if [EACCES, EPERM].contains(errno) { throw .forbidden(file, code: errno, to: "read") }
    let others = Service.allCases.map(\.rawValue).filter { $0 != service }
    let near = service.nearest(of: others)
    throw Failure(
      .configuration,
      """
      there is no journal \(file).\(near.map { " Did you mean \($0)?" } ?? "") Name the folder of \
      \(service)'s state with --state.
      """)
  }

  /// Takes the lock that the service's daemon holds as long as it runs.
  ///
  /// - Throws: 78, with the process that holds it; 69 when this user may not write there.
  func lock() throws(Failure) -> FolderLock {
    guard access(folder, W_OK | X_OK) == 0 else {
      guard [ENOENT, ENOTDIR].contains(errno) else {
        throw .forbidden(folder, code: errno, to: "write to")
      }
      throw Failure(
        .configuration,
        """
        there is no folder \(folder). Name \(service)'s with --state, or make it, as a folder of \
        the user that \(service)d runs as.
        """)
    }
    do {
      let lock = try FolderLock(
        folder + "/lock", mode: 0o640,
        remedy: """
          \(service) runs, and nothing was changed. Stop it first: systemctl stop \(service)d, or \
          Ctrl-C in the terminal of `eventually up`.
          """)
      giveToOwner(of: folder, folder + "/lock")
      return lock
    } catch {
      throw Failure(.configuration, "\(error)")
    }
  }
}

/// Gives a file that another user may have made here to the owner of its folder.
func giveToOwner(of folder: String, _ file: String) {
  var owner = stat()
  var status = stat()
  guard stat(folder, &owner) == 0, lstat(file, &status) == 0, owner.st_uid != status.st_uid else {
    return
  }
  // Only root may do this, and only root needs it. The folder's owner could put a link there
  // meanwhile, which is not followed.
  lchown(file, owner.st_uid, owner.st_gid)
}

extension Failure {
  /// For an error of a journal: most of them stay until an operator acts.
  init(_ error: any Error) {
    let code = (error as? JournalError)?.code
    self.init(code == .exists || code == .commit ? .refused : .configuration, "\(error)")
  }
}
