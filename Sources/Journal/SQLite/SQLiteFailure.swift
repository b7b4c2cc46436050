import Events
import GRDB
import Glibc

// SQLite's errors in the journal's terms. Nothing outside this file reads the codes of SQLite.

/// An error of SQLite without the statement that met it and its arguments.
struct SQLiteFailure: Error, CustomStringConvertible {
  fileprivate let error: DatabaseError

  init(_ error: DatabaseError) {
    self.error = error
  }

  /// The error of SQLite below an error; nil for an error of the work, or of nothing in SQLite.
  static func beneath(_ error: any Error) -> SQLiteFailure? {
    switch error {
    case let error as DatabaseError: SQLiteFailure(error)
    case let failure as SQLiteFailure: failure
    case let error as JournalError where !error.isOfTheWork: error.cause as? SQLiteFailure
    default: nil
    }
  }

  /// Whether the file is damaged, or no database.
  var isDamage: Bool { [.SQLITE_NOTADB, .SQLITE_CORRUPT].contains(error.resultCode) }

  /// For example `SQLite error 13`.
  var description: String { "SQLite error \(error.extendedResultCode)" }
}

extension JournalError {
  /// An error in the journal's terms: a failure of SQLite itself in a sentence that names the file,
  /// a ``SQLiteFailure`` where it has no such sentence, and any other error as it is.
  ///
  /// - Parameter path: the database's file.
  static func inTerms(_ error: any Error, of path: String) -> any Error {
    guard !(error is JournalError), let failure = SQLiteFailure.beneath(error) else {
      return error
    }
    return ofSQLite(failure, at: path) ?? failure
  }

  /// The failure of SQLite itself, in a sentence that names the file; nil for an error of the work.
  private static func ofSQLite(_ failure: SQLiteFailure, at path: String) -> JournalError? {
    switch failure.error.resultCode {
    case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_PROTOCOL: locked(path, cause: failure)
    case .SQLITE_FULL: full(path, cause: failure)
    // The file beside the journal that its processes share cannot grow. SQLite meets a full disk
    // before it writes the mark that makes a commit, and enlarges this file after it.
    case .SQLITE_IOERR where failure.error.extendedResultCode == .SQLITE_IOERR_SHMSIZE:
      full(path, cause: failure, mayBeCommitted: true)
    // SQLite knows a full disk, and takes a quota that is used up for an error of the disk.
    case .SQLITE_IOERR
    where failure.error.extendedResultCode == .SQLITE_IOERR_WRITE
      && JournalFile.exceedsQuota(beside: path):
      full(path, cause: failure, mayBeCommitted: true)
    case .SQLITE_IOERR: ofDisk(path, cause: failure)
    case .SQLITE_NOMEM:
      JournalError(
        .noMemory, summary: "there is no memory for \(path)",
        remedy: "Free memory on this machine. The service tries again by itself.", cause: failure)
    case .SQLITE_CANTOPEN: unopenable(path, cause: failure)
    case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
      JournalError(
        .unreachable, summary: "\(path) cannot be written (\(failure))",
        remedy: "Make the file, and its folder, writable for this user, and start the service.",
        cause: failure)
    case .SQLITE_CORRUPT, .SQLITE_NOTADB: damaged(path, cause: failure)
    case .SQLITE_INTERRUPT: unknownResult(failure)
    default: nil
    }
  }

  /// The sentence for a database that cannot be opened.
  static func opening(_ path: String, cause: any Error) -> JournalError {
    let cause = inTerms(cause, of: path)
    guard let failure = cause as? JournalError else {
      return JournalError(
        .unreachable, summary: "\(path) cannot be opened (\(cause))",
        remedy: "Check that its folder exists, can be written to and has space.", cause: cause)
    }
    guard failure.code == .damaged, failure.cause is SQLiteFailure else { return failure }
    return JournalError(
      .notADatabase, summary: "\(path) is not a journal, or it is damaged (\(failure.beneath))",
      remedy: """
        Put a backup in its place with: eventually restore SERVICE FILE. Or name another state \
        folder; nothing was changed.
        """, cause: failure.beneath)
  }

  private static func locked(_ path: String, cause: SQLiteFailure) -> JournalError {
    let holder = LockHolder.writer(of: path).map { "\($0)" } ?? "another process"
    return JournalError(
      .busy, summary: "\(path) is locked by \(holder)",
      remedy: """
        The service continues when the lock is released; stop that process if it keeps the lock.
        """, cause: cause)
  }

  private static func full(
    _ path: String, cause: SQLiteFailure, mayBeCommitted: Bool = false
  ) -> JournalError {
    JournalError(
      .full, summary: "the disk of \(path) is full",
      remedy: "Make space there. The service continues by itself.", cause: cause,
      mayBeCommitted: mayBeCommitted)
  }

  private static func ofDisk(_ path: String, cause: SQLiteFailure) -> JournalError {
    JournalError(
      .disk, summary: "the disk of \(path) reports an error (\(cause))",
      remedy: """
        Check the disk and the kernel's log. The service tries again by itself.
        """, cause: cause)
  }

  private static func damaged(_ path: String, cause: SQLiteFailure) -> JournalError {
    JournalError(
      .damaged, summary: "\(path) is damaged (\(cause))",
      remedy: """
        Check it with: eventually verify \(path). Then put a backup in its place with: \
        eventually restore SERVICE FILE
        """, cause: cause)
  }

  /// SQLite has no reason for a file that cannot be opened; the system has.
  private static func unopenable(_ path: String, cause: SQLiteFailure) -> JournalError {
    guard hasDescriptors else { return noDescriptors(path, cause: cause) }
    let folder = JournalFile.folder(of: path)
    guard access(folder, W_OK | X_OK) == 0, access(path, R_OK | W_OK) == 0 || errno == ENOENT else {
      return JournalError(
        .unreachable, summary: "\(path) cannot be opened (\(String(cString: strerror(errno))))",
        remedy: "Check that its folder exists, and that this user may write to both.", cause: cause)
    }
    // It may be opened, and so this was a moment without descriptors.
    return noDescriptors(path, cause: cause)
  }

  private static func noDescriptors(_ path: String, cause: SQLiteFailure) -> JournalError {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    return JournalError(
      .noDescriptors,
      summary:
        "\(path) cannot be opened: this process has all of the \(limit.rlim_cur) files open that it may",
      remedy: "Raise its limit (LimitNOFILE). The service tries again by itself.", cause: cause)
  }

  private static var hasDescriptors: Bool {
    let file = open("/dev/null", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return false }
    close(file)
    return true
  }
}

// MARK: Statements

extension JournalError {
  /// An error of one statement in words without SQL: the column, and the fault of its value.
  ///
  /// SQLite's own failures are in a sentence that names the file.
  static func ofStatement(_ error: any Error, of path: String) -> any Error {
    guard let failure = inTerms(error, of: path) as? SQLiteFailure else {
      return inTerms(error, of: path)
    }
    return switch failure.error.resultCode {
    case .SQLITE_CONSTRAINT:
      JournalError(.constraint, summary: brokenRule(failure.error), cause: failure)
    case .SQLITE_MISMATCH:
      JournalError(
        .constraint, summary: "a value has another type than its column stores", cause: failure)
    case .SQLITE_TOOBIG:
      JournalError(
        .constraint, summary: "a value is larger than the database stores", cause: failure)
    default:
      JournalError(
        .statement,
        summary:
          "the database refused a statement (SQLite error \(failure.error.resultCode.rawValue))",
        cause: failure)
    }
  }

  private static func brokenRule(_ error: DatabaseError) -> String {
    // “UNIQUE constraint failed: carts.id, carts.state”
    let columns = (error.message ?? "").split(separator: ": ", maxSplits: 1).dropFirst().first
    let column = columns.map { "the column \($0)" } ?? "a column"
    return switch error.extendedResultCode {
    case .SQLITE_CONSTRAINT_UNIQUE, .SQLITE_CONSTRAINT_PRIMARYKEY:
      "\(column) has this value in another row, and must be unique"
    case .SQLITE_CONSTRAINT_NOTNULL: "\(column) has no value, and requires one"
    case .SQLITE_CONSTRAINT_FOREIGNKEY: "a value refers to a row that does not exist"
    case .SQLITE_CONSTRAINT_DATATYPE: "\(column) holds a value of another type"
    default: "a value breaks a rule of its table"
    }
  }
}
