import Events
import FoundationEssentials
import Glibc
package import Runtime

/// The result of restoring a journal.
package struct Restoration: Sendable {
  /// The end of the restored log.
  package let restored: JournalMark
  /// The history that began there.
  package let history: Lineage
  /// The journal that was there before; nil when there was none.
  package let replaced: Replaced?

  /// A journal that another was put in the place of.
  package struct Replaced: Sendable {
    /// Its present path.
    package let path: String
    /// Its content; nil when it cannot be read.
    package let content: Content?
  }

  /// The content of a replaced journal.
  package struct Content: Sendable {
    /// The end of its log.
    package let mark: JournalMark
    /// The last event that both logs have.
    package let fork: UInt64
    /// The events that only this journal had, in order, as far as they were still in its log: they
    /// are lost.
    package let lost: [LostEvent]
    /// The number of other lost events, which its log did not contain any more.
    package var unnamed: UInt64 { mark.sequence - fork - UInt64(lost.count) }
    /// Its consumers, and the position that each had acknowledged.
    package let consumers: [Consumer]
  }
}

/// A journal that is kept as it is, although others have more of its history.
package struct Acceptance: Sendable {
  /// The end of its log.
  package let mark: JournalMark
  /// The history that began there.
  package let history: Lineage
  /// The service's finding that a part of its history is lost; nil without one.
  package let finding: String?
  /// Its consumers, and the position that each has acknowledged.
  package let consumers: [Consumer]
}

/// An event that a service has published and does not have any more.
package struct LostEvent: Hashable, Codable, Sendable {
  /// Its number, which will be used again.
  package let sequence: UInt64
  /// Its type.
  package let type: String
  /// Its subject; empty where its body has none.
  package let subject: String
  /// The time at which it was committed.
  package let committedAt: Timestamp
}

extension ServiceJournal {
  /// Replaces a journal by a copy, and begins a new history at its end.
  ///
  /// Later events are lost, and their numbers will be used again.
  ///
  /// The copy is checked before any change. The replaced journal is kept under another name. A
  /// crash at any point leaves one of the two journals, whole, in its place.
  ///
  /// No service may have the journal open.
  ///
  /// - Parameters:
  ///   - path: the path of the journal's file, which may be missing.
  ///   - service: the service to which both must belong.
  ///   - file: the copy, which is kept.
  ///   - runtime: randomness for the new history, and the time for the old journal's name.
  /// - Throws: ``JournalError`` that names the file and the remedy.
  package static func restore(
    _ path: String, of service: String, from file: String, runtime: RuntimeContext
  ) throws -> Restoration {
    let new = path + ".restoring"
    defer { JournalFile.remove(new) }
    let restored = try JournalFile.copy(file, of: service, to: new)
    let history = try beginHistory(.file(new), of: service, runtime: runtime)
    try JournalFile.becomeOneFile(new)
    guard access(path, F_OK) == 0 else {
      try JournalFile.adoptOwner(of: JournalFile.folder(of: path), for: new)
      try JournalFile.put(new, inPlaceOf: path)
      return Restoration(restored: restored, history: history, replaced: nil)
    }
    let aside = JournalFile.free("\(path).replaced-\(runtime.now().compact)")
    let content = try JournalFile.keep(path, of: service, as: aside, replacedBy: new)
    try JournalFile.put(new, inPlaceOf: path)
    return Restoration(
      restored: restored, history: history, replaced: .init(path: aside, content: content))
  }
}

extension ServiceJournal {
  /// Keeps a journal as it is, and begins a new history at its end.
  ///
  /// No service may have the journal open.
  ///
  /// - Throws: ``JournalError`` that names the file and the remedy.
  package static func accept(
    _ path: String, of service: String, runtime: RuntimeContext
  ) throws -> Acceptance {
    try JournalFile.inspect(path, of: service)
    do {
      let (mark, consumers, finding) = try SQLiteFile.read(path) { file in
        let snapshot = Snapshot(connection: file)
        // A journal of an earlier design has no such finding.
        let finding = try? snapshot.head().lost
        return (try snapshot.mark, try snapshot.consumers(), finding)
      }
      let history = try beginHistory(.file(path), of: service, runtime: runtime)
      return Acceptance(mark: mark, history: history, finding: finding, consumers: consumers)
    } catch {
      throw JournalError.opening(path, cause: error)
    }
  }
}

extension JournalFile {
  fileprivate static func becomeOneFile(_ path: String) throws {
    try SQLiteFile.becomeOneFile(path)
    try sync(path)
  }

  /// Keeps a journal under another name too, whole, with the files beside it.
  ///
  /// - Returns: the content that the new journal does not have; nil when it cannot be read.
  fileprivate static func keep(
    _ path: String, of service: String, as aside: String, replacedBy new: String
  ) throws -> Restoration.Content? {
    do {
      // Before it is opened: of a damaged database, SQLite throws the write-ahead log away.
      for end in [""] + companions where access(path + end, F_OK) == 0 {
        guard link(path + end, aside + end) == 0 else {
          throw failure("\(path + end) cannot be kept as \(aside + end)")
        }
      }
      try sync(folder(of: path))
      let content = try? compare(path, of: service, with: new)
      if content != nil { fold(path, keptAs: aside) }
      try adoptOwner(of: path, for: new)
      return content
    } catch {
      remove(aside)
      throw error
    }
  }

  /// A name that nothing has yet: two restores may come in one second.
  static func free(_ name: String) -> String {
    func isTaken(_ name: String) -> Bool {
      ([""] + companions).contains { access(name + $0, F_OK) == 0 }
    }
    guard isTaken(name) else { return name }
    return (2...).lazy.map { "\(name).\($0)" }.first { !isTaken($0) } ?? name
  }

  /// The files that have a name of ``free(_:)`` already, in the order in which they got it.
  static func taken(_ name: String) -> [String] {
    [name].filter(isThere) + (2...).lazy.map { "\(name).\($0)" }.prefix(while: isThere)
  }

  private static func isThere(_ name: String) -> Bool { access(name, F_OK) == 0 }

  /// Writes the content of a journal's write-ahead log into the journal itself.
  private static func fold(_ path: String, keptAs aside: String) {
    guard SQLiteFile.fold(path) else { return }
    var status = stat()
    guard stat(aside + "-wal", &status) == 0, status.st_size == 0 else { return }
    for end in companions { unlink(aside + end) }
  }

  /// Puts a new database in the place of another, which is kept elsewhere already.
  static func put(_ new: String, inPlaceOf path: String) throws {
    // Another journal's write-ahead log would be played into the new one: it goes before.
    for end in companions { unlink(path + end) }
    try sync(folder(of: path))
    guard rename(new, path) == 0 else { throw failure("\(path) cannot be replaced") }
    try sync(folder(of: path))
  }

  /// The user of the command may differ from the user of the service.
  static func adoptOwner(of path: String, for new: String) throws {
    var status = stat()
    var own = stat()
    guard stat(path, &status) == 0, stat(new, &own) == 0 else {
      throw failure("\(path) cannot be looked at")
    }
    // The right to enter a folder is not the right to read every file in it.
    let mode = status.st_mode & S_IFMT == S_IFDIR ? 0o640 : status.st_mode & 0o777
    guard chmod(new, mode) == 0 else { throw failure("\(new) cannot be given its permissions") }
    guard own.st_uid != status.st_uid || own.st_gid != status.st_gid else { return }
    guard chown(new, status.st_uid, status.st_gid) == 0 else {
      throw failure("\(new) cannot be given to the owner of \(path)")
    }
  }
}

// MARK: What is lost

extension JournalFile {
  /// The content of a journal that the new one in its place does not have.
  fileprivate static func compare(_ path: String, of service: String, with new: String) throws
    -> Restoration.Content
  {
    try inspect(path, of: service)
    return try SQLiteFile.read(path) { file -> Restoration.Content in
      let old = Snapshot(connection: file)
      let fork = try SQLiteFile.read(new) { try Self.fork(of: old, and: Snapshot(connection: $0)) }
      return Restoration.Content(
        mark: try old.mark, fork: fork, lost: try old.events(after: fork),
        consumers: try old.consumers())
    }
  }

  /// The last event that two logs have in common.
  ///
  /// A chain is the digest of everything before it, so the fork is found by bisection. Where one of
  /// the chains is not known any more, both are below a floor, and count as equal.
  private static func fork(of one: Snapshot, and other: Snapshot) throws -> UInt64 {
    var low: UInt64 = 0
    var high = min(try one.head().sequence, try other.head().sequence)
    while low < high {
      let middle = low + (high - low + 1) / 2
      let chain = try one.chain(at: middle)
      let otherChain = try other.chain(at: middle)
      if chain == nil || otherChain == nil || chain == otherChain {
        low = middle
      } else {
        high = middle - 1
      }
    }
    return low
  }
}

extension Snapshot {
  fileprivate func events(after sequence: UInt64) throws -> [LostEvent] {
    var events: [LostEvent] = []
    var last = sequence
    while true {
      let records = try records(after: last, limit: 500)
      guard let end = records.last else { return events }
      last = end.header.sequence
      events += records.map { record in
        LostEvent(
          sequence: record.header.sequence, type: record.topic.type,
          subject: JSONValue(record.body)?["subject"]?.string ?? "",
          committedAt: record.header.committedAt)
      }
    }
  }
}

extension Timestamp {
  /// For a file's name: `20261123T084407Z`.
  package var compact: String {
    description.prefix(19).filter { $0 != "-" && $0 != ":" } + "Z"
  }
}
