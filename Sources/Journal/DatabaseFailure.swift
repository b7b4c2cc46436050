import Events
import GRDB
import Glibc

// The database's own errors in this system's terms. Nothing outside this file looks at the codes
// of SQLite.

extension JournalError {
  /// The failure of a database itself, in a sentence that names the file; nil for an error of the
  /// work that was asked of it.
  ///
  /// - Parameter path: the database's file.
  package static func ofDatabase(_ error: any Error, at path: String) -> JournalError? {
    if let error = error as? JournalError { return error.isOfTheWork ? nil : error }
    guard let error = error as? DatabaseError else { return nil }
    switch error.resultCode {
    case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_PROTOCOL: return locked(path, error)
    case .SQLITE_FULL: return full(path, error)
    // The file beside the journal that its processes share cannot grow.
    case .SQLITE_IOERR where error.extendedResultCode == .SQLITE_IOERR_SHMSIZE:
      return full(path, error)
    case .SQLITE_IOERR:
      return JournalError(
        .disk, "the disk of \(path) reports an error (\(error.plain))",
        remedy: """
          Check the disk and the kernel's log. The service tries again by itself.
          """, cause: error)
    case .SQLITE_NOMEM:
      return JournalError(
        .noMemory, "there is no memory for \(path)",
        remedy: "Free memory on this machine. The service tries again by itself.", cause: error)
    case .SQLITE_CANTOPEN: return unopenable(path, error)
    case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
      return JournalError(
        .unreachable, "\(path) cannot be written (\(error.plain))",
        remedy: "Make the file, and its folder, writable for this user, and start the service.",
        cause: error)
    case .SQLITE_CORRUPT, .SQLITE_NOTADB:
      return JournalError(
        .damaged, "\(path) is damaged (\(error.plain))",
        remedy: """
          Check it with: eventually verify \(path). Then put a backup in its place with: \
          eventually restore SERVICE FILE
          """, cause: error)
    case .SQLITE_INTERRUPT: return unknownResult(error)
    default: return nil
    }
  }

  /// Whether an error is that of the work that was asked of a database, and not the database's own.
  static func isOfTheWork(_ error: any Error) -> Bool {
    ofDatabase(error, at: "") == nil
  }

  /// Whether a commit that failed so may be on disk all the same.
  ///
  /// SQLite meets a full disk before it writes the mark that makes a commit. After that it syncs, and
  /// then enlarges the file that its processes share, which fails as an error of input or output.
  static func leavesCommitUnknown(_ error: any Error) -> Bool {
    let cause = (error as? JournalError)?.cause ?? error
    return (cause as? DatabaseError)?.resultCode == .SQLITE_IOERR
  }

  /// The sentence for a database that cannot be opened.
  static func opening(_ path: String, _ cause: any Error) -> JournalError {
    let failure = ofDatabase(cause, at: path)
    switch failure?.code {
    case .damaged?:
      return JournalError(
        .notADatabase, "\(path) is not a journal, or it is damaged (\(plain(cause)))",
        remedy: """
          Put a backup in its place with: eventually restore SERVICE FILE. Or name another state \
          folder; nothing was changed.
          """, cause: cause)
    case .some: return failure ?? unknownResult(cause)
    case nil:
      return (cause as? JournalError)
        ?? JournalError(
          .unreachable, "\(path) cannot be opened (\(plain(cause)))",
          remedy: "Check that its folder exists, can be written to and has space.", cause: cause)
    }
  }

  /// The error for a failed commit after which the state on disk is unknown.
  static func unknownResult(_ cause: any Error) -> JournalError {
    JournalError(
      .commit, "the journal could not commit (\(plain(cause)))",
      remedy: """
        Check the space and the health of its disk; the service stops, and continues from its last \
        commit when it is started again.
        """, cause: cause)
  }

  private static func locked(_ path: String, _ cause: DatabaseError) -> JournalError {
    let holder = LockHolder.writer(of: path).map { "\($0)" } ?? "another process"
    return JournalError(
      .busy, "\(path) is locked by \(holder)",
      remedy: """
        The service continues when the lock is released; stop that process if it keeps the lock.
        """, cause: cause)
  }

  private static func full(_ path: String, _ cause: DatabaseError) -> JournalError {
    JournalError(
      .full, "the disk of \(path) is full",
      remedy: "Make space there. The service continues by itself.", cause: cause)
  }

  /// SQLite has no reason for a file that cannot be opened; the system has.
  private static func unopenable(_ path: String, _ cause: DatabaseError) -> JournalError {
    guard hasDescriptors else { return noDescriptors(path, cause) }
    let folder = JournalFile.folder(of: path)
    guard access(folder, W_OK | X_OK) == 0, access(path, R_OK | W_OK) == 0 || errno == ENOENT else {
      return JournalError(
        .unreachable, "\(path) cannot be opened (\(String(cString: strerror(errno))))",
        remedy: "Check that its folder exists, and that this user may write to both.", cause: cause)
    }
    // It may be opened, and so this was a moment without descriptors.
    return noDescriptors(path, cause)
  }

  private static func noDescriptors(_ path: String, _ cause: DatabaseError) -> JournalError {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    return JournalError(
      .noDescriptors,
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
  /// The database's own failures stay as they are.
  static func ofStatement(_ error: any Error) -> any Error {
    guard let error = error as? DatabaseError, ofDatabase(error, at: "") == nil else {
      return error
    }
    return switch error.resultCode {
    case .SQLITE_CONSTRAINT: JournalError(.constraint, brokenRule(error), cause: error)
    case .SQLITE_MISMATCH:
      JournalError(.constraint, "a value has another type than its column stores", cause: error)
    case .SQLITE_TOOBIG:
      JournalError(.constraint, "a value is larger than the database stores", cause: error)
    default:
      JournalError(
        .statement, "the database refused a statement (SQLite error \(error.resultCode.rawValue))",
        cause: error)
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

  /// An error in words, without the statement that met it.
  static func plain(_ error: any Error) -> String {
    (error as? DatabaseError)?.plain ?? String(describing: error)
  }
}

extension DatabaseError {
  /// The error without the statement that met it and its arguments.
  fileprivate var plain: String {
    "SQLite error \(extendedResultCode)"
  }
}
