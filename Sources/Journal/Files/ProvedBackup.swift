import Glibc
package import Runtime

/// A copy of a journal that was read completely, and found sound, before it got its name.
package struct ProvedBackup: Hashable, Sendable {
  /// The end of the copy's log.
  package let mark: JournalMark
  /// The number of events that were read in the copy.
  package let events: Int
}

/// A database that a service keeps beside its journal, and its copy.
package struct DatabaseCopy: Hashable, Sendable {
  /// The path of the database.
  package let original: String
  /// The path of its copy.
  package let copy: String

  /// - Parameters:
  ///   - original: the path of the database.
  ///   - copy: the path of its copy.
  package init(of original: String, at copy: String) {
    self.original = original
    self.copy = copy
  }
}

extension ServiceJournal {
  /// The end of the name of a copy that is not proved yet.
  package static let partSuffix = ".part"

  /// Copies a journal and the databases beside it, while their service runs, and proves the copies
  /// before they get their names.
  ///
  /// The journal is copied first. The copies of the other databases are later, and so have
  /// everything that the journal's copy knows to be in them: a charge that the journal has stored
  /// is in the gateway's books. What only the books have is asked for again, by the same key.
  ///
  /// The journal's copy gets its name last. Where it has its name, the others have theirs.
  ///
  /// - Parameters:
  ///   - path: the journal's file.
  ///   - service: the service to which the journal must belong.
  ///   - file: the path of the copy; a file there is replaced.
  ///   - others: the databases beside the journal.
  ///   - checks: the rules of each service's own tables.
  /// - Throws: ``JournalError`` that names the file and the remedy. No copy has a name then.
  package static func backUpProved(
    _ path: String, of service: String, to file: String, beside others: [DatabaseCopy] = [],
    checks: [String: [JournalCheck]] = [:]
  ) throws -> ProvedBackup {
    let copies = others.map(\.copy) + [file]
    defer { for copy in copies { JournalFile.remove(copy + partSuffix) } }
    let part = file + partSuffix
    let mark = try JournalFile.copy(path, of: service, to: part)
    let verification = try verify(part, of: service, checks: checks)
    if let finding = verification.findings.first {
      throw JournalError(
        .damaged,
        summary: """
          the copy of \(path) is not sound (\(finding.check): \(finding.problem)), and was removed
          """,
        remedy: """
          The earlier copies are kept. List all faults with: eventually verify \(service)
          """)
    }
    for other in others {
      try JournalFile.copyDatabase(other.original, to: other.copy + partSuffix) { _ in }
    }
    for copy in copies { try JournalFile.put(copy + partSuffix, at: copy, overwriting: true) }
    return ProvedBackup(mark: mark, events: verification.events)
  }

  /// Whether there is no file at a path.
  package static func isMissing(_ path: String) -> Bool {
    access(path, F_OK) != 0 && [ENOENT, ENOTDIR].contains(errno)
  }

  /// The first fault that SQLite finds in the structure of a database; nil in a sound one.
  package static func structuralFault(of path: String) -> String? {
    do {
      let findings = try SQLiteFile.read(path) { try $0.integrityFindings(limit: 1) }
      return findings == ["ok"] ? nil : findings.first
    } catch {
      return "\(error)"
    }
  }
}

// MARK: The time of the last one

// The daemon shows the time of the last proved backup. The command leaves it in a file beside the
// journal, because no other process writes to the journal.

extension ServiceJournal {
  private static func note(beside path: String) -> String { "\(path).backed-up" }

  /// Leaves the time of a proved backup beside the journal.
  ///
  /// - Parameters:
  ///   - path: the journal's file.
  ///   - time: the time of the copy.
  ///   - file: the path of the copy.
  /// - Throws: ``JournalError`` that names the file and the remedy.
  package static func noteBackup(of path: String, at time: Timestamp, in file: String) throws {
    let note = note(beside: path)
    let part = note + partSuffix
    unlink(part)
    let opened = Glibc.open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o640)
    guard opened >= 0 else { throw JournalFile.failure("\(part) cannot be made") }
    let bytes = Array("\(time)\n\(file)\n".utf8)
    let isWritten = Glibc.write(opened, bytes, bytes.count) == bytes.count && fsync(opened) == 0
    let cause = errno
    Glibc.close(opened)
    defer { unlink(part) }
    errno = cause
    guard isWritten else { throw JournalFile.failure("\(part) cannot be written") }
    try JournalFile.adoptOwner(of: path, for: part)
    guard rename(part, note) == 0 else { throw JournalFile.failure("\(note) cannot be replaced") }
  }

  /// The time of the last proved backup; nil before the first, and for a journal in memory.
  package var lastBackupAt: Timestamp? {
    guard case .file(let path) = place else { return nil }
    let flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
    let file = Glibc.open(Self.note(beside: path), flags)
    guard file >= 0 else { return nil }
    defer { Glibc.close(file) }
    var bytes = [UInt8](repeating: 0, count: 64)
    let count = Glibc.read(file, &bytes, bytes.count)
    let line = bytes.prefix(max(count, 0)).prefix { $0 != UInt8(ascii: "\n") }
    return Timestamp(String(decoding: line, as: UTF8.self))
  }
}
