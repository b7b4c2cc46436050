import Events
public import Runtime

/// An error of a journal: a code, a sentence that names the object and the remedy, and the cause.
public struct JournalError: ClassifiedFailure, CausedError, CustomStringConvertible {
  /// The kind of failure.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    /// The code as documents and logs have it.
    public let description: String
    let kind: FailureKind

    private init(_ description: String, kind: FailureKind) {
      self.description = description
      self.kind = kind
    }

    // These pass by themselves.

    /// Another process holds a lock on the file.
    public static let busy = Code("journal-locked", kind: .passes)
    /// The disk has no space.
    public static let full = Code("disk-full", kind: .passes)
    /// The disk reports an error, and nothing was committed.
    public static let disk = Code("disk-error", kind: .passes)
    /// The process may open no more files.
    public static let noDescriptors = Code("no-descriptors", kind: .passes)
    /// Memory is exhausted.
    public static let noMemory = Code("no-memory", kind: .passes)
    /// The server of the database cannot be reached, or has ended the connection.
    public static let away = Code("database-away", kind: .passes)
    /// The server of the database accepts no more connections.
    public static let noConnections = Code("no-connections", kind: .passes)
    /// The server of the database takes no writes.
    public static let readOnly = Code("database-read-only", kind: .passes)

    // These stay until an operator acts.

    /// The file is no database, or a damaged one.
    public static let notADatabase = Code("not-a-database", kind: .requiresOperator)
    /// The database turned out to be damaged while it was in use.
    public static let damaged = Code("journal-damaged", kind: .requiresOperator)
    /// The file is missing or empty, and there was a journal before.
    public static let emptied = Code("journal-emptied", kind: .requiresOperator)
    /// The file was written by a newer version of this program.
    public static let newer = Code("journal-newer", kind: .requiresOperator)
    /// The file is the journal of another service.
    public static let foreign = Code("journal-foreign", kind: .requiresOperator)
    /// The file or its folder cannot be opened or written.
    public static let unreachable = Code("journal-unreachable", kind: .requiresOperator)
    /// The server of the database is one by which a journal would not be durable, or not in order.
    public static let unsuitable = Code("database-unsuitable", kind: .requiresOperator)
    /// A file is there already that would have to be replaced.
    public static let exists = Code("file-exists", kind: .requiresOperator)

    // These are the work's own, and concern nothing else.

    /// A value cannot be stored or read by this program: the fault of the work at hand and not of
    /// the database.
    public static let malformed = Code("malformed", kind: .isOurs)
    /// A value breaks a rule of its table.
    public static let constraint = Code("constraint", kind: .isOurs)
    /// The database refused a statement as such.
    public static let statement = Code("statement", kind: .isOurs)

    /// The service has closed its journal, and the work had not begun.
    public static let closed = Code("journal-closed", kind: .isOurs)

    /// The outcome of a commit is not known; only a new start can find it out.
    public static let commit = Code("outcome-unknown", kind: .isOurs)

    /// Whether any work would have failed so, and not the work at hand alone.
    var concernsAll: Bool { [.busy, .away, .noConnections, .readOnly].contains(self) }
  }

  /// The kind of failure.
  public let code: Code
  /// The sentence, without a full stop.
  public let summary: String
  /// The remedy in whole sentences; empty where the summary includes it.
  public let remedy: String
  /// The error below, where there is one.
  public let cause: (any Error)?

  /// Whether the commit that failed so may be on disk all the same.
  let mayBeCommitted: Bool

  package init(
    _ code: Code, summary: String, remedy: String = "", cause: (any Error)? = nil,
    mayBeCommitted: Bool = false
  ) {
    self.code = code
    self.summary = summary
    self.remedy = remedy
    self.cause = cause
    self.mayBeCommitted = mayBeCommitted
  }

  /// The summary and the remedy, for people.
  public var description: String { remedy.isEmpty ? summary : "\(summary). \(remedy)" }

  /// The reaction that the failure requires.
  public var failureKind: FailureKind { code.kind }

  /// Whether the work at hand is at fault, and not the journal.
  package var isOfTheWork: Bool { [.malformed, .constraint, .statement].contains(code) }
}

extension JournalError {
  /// The journal's own failure; nil for an error of the work that was asked of it.
  static func ofJournal(_ error: any Error) -> JournalError? {
    (error as? JournalError).flatMap { $0.isOfTheWork ? nil : $0 }
  }

  /// Whether an error is that of the work that was asked of a journal, and not the journal's own.
  static func isOfTheWork(_ error: any Error) -> Bool {
    ofJournal(error) == nil && !(error is NeedsSavepoints)
  }

  /// The error of the engine, where there is one.
  var beneath: any Error { cause ?? self }

  /// The error for work that had not begun when its journal was closed.
  ///
  /// - Parameter name: the journal, for example its file.
  static func closed(_ name: String, cause: any Error) -> JournalError {
    JournalError(
      .closed, summary: "\(name) is closed, because its service stops",
      remedy: "Nothing was changed. Try again when the service has started.", cause: cause)
  }

  /// The error for a failed commit after which the state in the database is unknown.
  static func unknownResult(_ cause: any Error) -> JournalError {
    JournalError(
      .commit, summary: "the journal could not commit (\(cause))",
      remedy: """
        Check the space and the health of its disk; the service stops, and continues from its last \
        commit when it is started again.
        """, cause: cause)
  }
}
