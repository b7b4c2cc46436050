public import Events
import FoundationEssentials
import GRDB
import Glibc

/// Where the log of a journal in a file ends, and in which history.
public struct JournalMark: Hashable, Codable, Sendable {
  /// Whose journal it is.
  public let service: String
  /// Its history.
  public let epoch: Epoch
  /// The last event of its log; 0 for none.
  public let sequence: UInt64
  /// When that event was committed; 1970 for none.
  public let committedAt: Timestamp
}

extension ServiceJournal {
  /// Copies a journal into a file of its own, while its service runs: what is committed now, whole
  /// and checked.
  ///
  /// The copy comes to be all at once, and is on disk when this returns. It is one file, without
  /// the two that SQLite keeps beside a journal in use.
  ///
  /// - Parameters:
  ///   - path: the journal's file.
  ///   - service: whose journal it must be.
  ///   - file: where the copy is put.
  ///   - overwriting: whether a file that is there already may be replaced.
  /// - Returns: where the copy's log ends.
  /// - Throws: ``JournalError`` that names the file and the remedy.
  public static func backUp(
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

/// A journal as a file among files: what is done to it while no service has it open.
enum JournalFile {
  /// What SQLite keeps beside a database, by the end of the name.
  static let companions = ["-wal", "-shm", "-journal"]

  /// Copies a journal into one new file, checks that copy, and brings it to the disk.
  static func copy(_ path: String, of service: String, to file: String) throws -> JournalMark {
    try inspect(path, of: service)
    remove(file)
    do {
      try make(file)
      let source = try DatabaseQueue(path: path, configuration: .reading)
      let copy = try DatabaseQueue(path: file)
      // All pages in one step: one snapshot of a journal that is written to meanwhile.
      try source.backup(to: copy)
      try source.close()
      let mark = try copy.writeWithoutTransaction { database in
        try database.becomeOneFile()
        try database.checkIntegrity(of: path)
        return try database.mark
      }
      try copy.close()
      try sync(file)
      return mark
    } catch let error as DatabaseError {
      throw copying(path, to: file, error)
    }
  }

  /// Refuses what is not this service's journal.
  static func inspect(_ path: String, of service: String) throws {
    guard FileManager.default.fileExists(atPath: path) else {
      throw JournalError(.unreachable, "there is no file \(path). Name one that is there.")
    }
    do {
      try ServiceJournal.Place.file(path).inspect(for: service, nil)
      let file = try DatabaseQueue(path: path, configuration: .reading)
      let mark = try file.read { database in
        try database.tableExists("journal") ? try database.owner : nil
      }
      try file.close()
      guard mark != nil else {
        throw JournalError(.notADatabase, "\(path) holds no journal; nothing was changed.")
      }
    } catch {
      throw JournalError.opening(path, error)
    }
  }

  private static func copying(_ path: String, to file: String, _ error: DatabaseError)
    -> JournalError
  {
    switch error.resultCode {
    case .SQLITE_NOTADB, .SQLITE_CORRUPT: .opening(path, error)
    default:
      JournalError(
        .unreachable,
        """
        \(path) could not be copied to \(file) (\(JournalError.plain(error))). Check the space there, and that this \
        user may read the one and write the other; nothing was changed.
        """, cause: error)
    }
  }
}

// MARK: Files

extension JournalFile {
  /// Removes a file with what SQLite keeps beside it, as far as they are there.
  static func remove(_ path: String) {
    for name in [path] + companions.map({ path + $0 }) { unlink(name) }
  }

  /// Makes an empty file that nobody else may read: a journal is not for everybody's eyes.
  private static func make(_ path: String) throws {
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw failure("\(path) cannot be made") }
    close(file)
  }

  /// Brings a file, or the names in a folder, to the disk.
  static func sync(_ path: String) throws {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw failure("\(path) cannot be opened") }
    defer { close(file) }
    guard fsync(file) == 0 else { throw failure("\(path) cannot be brought to the disk") }
  }

  static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// Gives a finished file its name, at once and for good.
  fileprivate static func put(_ part: String, at file: String, overwriting: Bool) throws {
    if overwriting {
      guard rename(part, file) == 0 else { throw failure("\(file) cannot be replaced") }
    } else {
      // Unlike a renaming, a link takes no name that is taken.
      guard link(part, file) == 0 else {
        if errno == EEXIST { try refuseExisting(file) }
        throw failure("\(file) cannot be made")
      }
      unlink(part)
    }
    try sync(folder(of: file))
  }

  fileprivate static func refuseExisting(_ file: String) throws {
    guard access(file, F_OK) == 0 else { return }
    throw JournalError(
      .exists, "\(file) is there already. Name another file; nothing was changed.")
  }

  /// A copy put over the journal itself would be a raw one, in a journal's place.
  fileprivate static func refuse(_ file: String, ifItIs path: String) throws {
    var (one, other) = (stat(), stat())
    guard stat(file, &one) == 0, stat(path, &other) == 0, one.st_dev == other.st_dev,
      one.st_ino == other.st_ino
    else { return }
    throw JournalError(
      .exists, "\(file) is the journal itself. Name another file; nothing was changed.")
  }

  /// The error for a system call that failed.
  static func failure(_ sentence: String) -> JournalError {
    let cause = errno
    let code: JournalError.Code =
      switch cause {
      case ENOSPC, EDQUOT: .full
      case EMFILE, ENFILE: .noDescriptors
      case ENOMEM: .noMemory
      default: .unreachable
      }
    return JournalError(
      code, "\(sentence) (\(String(cString: strerror(cause)).lowercased()))",
      remedy: code == .full ? "Make space there." : "Check its folder.")
  }
}

// MARK: The database in it

extension Configuration {
  /// To read a journal that its service may have open.
  static var reading: Configuration {
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(5)
    return configuration
  }
}

extension Database {
  var mark: JournalMark {
    get throws {
      let row = try rows("SELECT service, epoch, sequence, committed_at FROM journal").first
      guard let row else { throw JournalError(.malformed, "the journal has no row of its own") }
      return JournalMark(
        service: try row.value("service"), epoch: try row.value("epoch"),
        sequence: try row.value("sequence"), committedAt: try row.value("committed_at"))
    }
  }

  /// Moves all that is in the write-ahead log into the database, and does without one.
  func becomeOneFile() throws {
    let mode = try String.fetchOne(self, sql: "PRAGMA journal_mode = DELETE")
    precondition(mode == "delete", "SQLite did not take journal_mode = DELETE")
  }

  /// Refuses a database that is damaged anywhere.
  fileprivate func checkIntegrity(of path: String) throws {
    let findings = try String.fetchAll(self, sql: "PRAGMA integrity_check(3)")
    guard findings == ["ok"] else {
      throw JournalError(
        .notADatabase,
        """
        \(path) is damaged (\(findings.joined(separator: "; "))). Take another copy; nothing was \
        changed.
        """)
    }
  }
}
