import Events
import FoundationEssentials
import Glibc

// A journal that is missing or empty is a new one, unless a file beside it marks an earlier one. To
// begin anew, remove the folder, or that file.

extension ServiceJournal {
  /// Whether a file beside a path marks that there was a journal.
  package static func wasFounded(_ path: String) -> Bool {
    access(Place.founded(beside: path), F_OK) == 0
  }
}

extension ServiceJournal.Place {
  fileprivate static func founded(beside path: String) -> String { "\(path).founded" }

  private func founded(beside path: String) -> String { Self.founded(beside: path) }

  /// Refuses to begin a new journal where there was one.
  func refuseIfEmptied(_ service: String) throws {
    guard case .file(let path) = self else { return }
    try refuseIfMoved(service, from: path)
    guard access(founded(beside: path), F_OK) == 0 else { return }
    let isMissing = access(path, F_OK) != 0
    guard try isMissing || !hasJournal(path) else { return }
    throw JournalError(
      .emptied,
      summary: """
        \(path) \(isMissing ? "is missing" : "is empty"), and the journal of \(service) was there \
        (\(founded(beside: path)) exists)
        """,
      remedy: """
        Put a backup in its place with: eventually restore \(service) FILE. Or, to begin without \
        its history, remove \(founded(beside: path)); nothing was changed.
        """)
  }

  /// Refuses to begin a new journal in a file where the journal is in PostgreSQL.
  private func refuseIfMoved(_ service: String, from path: String) throws {
    let folder = JournalFile.folder(of: path)
    guard access(path, F_OK) != 0, let database = PostgreSQLPlace.marked(in: folder) else { return }
    throw JournalError(
      .emptied,
      summary: "\(path) is missing, and the journal of \(service) is in \(database)",
      remedy: """
        Set \(service).journal to its address. Or, to begin without its history, remove \
        \(PostgreSQLPlace.mark(in: folder)); nothing was changed.
        """)
  }

  /// Leaves the mark that there is a journal, once it is on disk.
  func markFounded(_ service: String) throws {
    if case .postgreSQL(let place) = self { return try place.mark(service) }
    guard case .file(let path) = self, access(founded(beside: path), F_OK) != 0 else { return }
    let name = founded(beside: path)
    let file = Glibc.open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0o640)
    guard file >= 0 else { throw JournalFile.failure("\(name) cannot be made") }
    let bytes = Array("\(service)\n".utf8)
    let written = write(file, bytes, bytes.count)
    let isThere = written == bytes.count && fsync(file) == 0
    let cause = errno
    close(file)
    errno = cause
    guard isThere else {
      defer { unlink(name) }
      throw JournalFile.failure("\(name) cannot be written")
    }
    try JournalFile.sync(JournalFile.folder(of: path))
  }
}
