public import Events
import GRDB

/// What can go wrong with a journal: a code, a sentence that names the thing and the remedy, and
/// the cause.
public struct JournalError: CausedError, CustomStringConvertible {
  /// The kind of failure.
  public struct Code: Hashable, Sendable {
    let name: String

    /// The file is no database, or a damaged one.
    public static let notADatabase = Code(name: "not-a-database")
    /// The file was written by a newer version of this program.
    public static let newer = Code(name: "newer")
    /// The file is the journal of another service.
    public static let foreign = Code(name: "foreign")
    /// The file or its folder cannot be opened.
    public static let unreachable = Code(name: "unreachable")
    /// A value is not what this program keeps, or what it can keep: the fault of the work at hand
    /// and not of the database.
    public static let malformed = Code(name: "malformed")
    /// A file is there already that would have to be replaced.
    public static let exists = Code(name: "exists")
    /// A query failed, and nothing was changed.
    public static let read = Code(name: "read")
    /// A commit failed, and what it held was neither stored nor sent.
    public static let commit = Code(name: "commit")
  }

  /// The kind of failure.
  public let code: Code
  /// What happened and what to do, for people.
  public let description: String
  /// The error below, where there is one.
  public let cause: (any Error)?

  init(_ code: Code, _ description: String, cause: (any Error)? = nil) {
    self.code = code
    self.description = description
    self.cause = cause
  }
}

extension JournalError {
  /// The sentence for a database that cannot be opened.
  static func opening(_ path: String, _ cause: any Error) -> JournalError {
    if let error = cause as? JournalError { return error }
    switch (cause as? DatabaseError)?.resultCode {
    case .SQLITE_NOTADB?, .SQLITE_CORRUPT?:
      return JournalError(
        .notADatabase,
        """
        \(path) is not a journal, or it is damaged (\(cause)). Put a backup in its place, or name \
        another state folder; nothing was changed.
        """, cause: cause)
    default:
      return JournalError(
        .unreachable,
        """
        \(path) cannot be opened (\(cause)). Check that its folder exists, can be written to and \
        has space.
        """, cause: cause)
    }
  }

  /// The error of a query that failed: the database's own failure in a sentence, any other as it is.
  static func reading(_ error: any Error) -> any Error {
    guard error is DatabaseError, isOwnFailure(error) else { return error }
    return JournalError(
      .read,
      """
      the journal could not be read (\(error)). Check the health of its disk, and whether the \
      process may open more files.
      """, cause: error)
  }

  /// Whether an error is the database's own failure, and not that of the work asked of it.
  static func isOwnFailure(_ error: any Error) -> Bool {
    if let error = error as? JournalError { return error.code != .malformed }
    switch (error as? DatabaseError)?.resultCode {
    case .SQLITE_IOERR?, .SQLITE_FULL?, .SQLITE_CORRUPT?, .SQLITE_NOTADB?, .SQLITE_READONLY?,
      .SQLITE_CANTOPEN?, .SQLITE_NOMEM?, .SQLITE_INTERRUPT?, .SQLITE_BUSY?:
      return true
    default: return false
    }
  }
}
