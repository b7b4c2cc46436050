import FoundationEssentials
import Glibc

/// The files of a journal: operations on them while no service has it open.
enum JournalFile {
  /// The files that SQLite keeps beside a database, by the end of the name.
  static let companions = ["-wal", "-shm", "-journal"]

  /// Copies a journal into one new file, checks that copy, and brings it to the disk.
  static func copy(_ path: String, of service: String, to file: String) throws -> JournalMark {
    try inspect(path, of: service)
    return try copyDatabase(path, to: file) { try Snapshot(connection: $0).mark }
  }

  /// Copies any database into one new file, checks that copy, and brings it to the disk.
  ///
  /// - Parameters:
  ///   - path: the database, which may be in use.
  ///   - file: the path of the copy; a file there is removed.
  ///   - read: reads the copy.
  static func copyDatabase<Value>(
    _ path: String, to file: String, reading read: (SQLiteConnection) throws -> Value
  ) throws -> Value {
    remove(file)
    try make(file)
    let value = try SQLiteFile.copy(path, to: file) { copy in
      try copy.checkIntegrity(of: path)
      return try read(copy)
    }
    try sync(file)
    return value
  }

  /// Refuses a file that is not this service's journal.
  static func inspect(_ path: String, of service: String) throws {
    guard FileManager.default.fileExists(atPath: path) else {
      throw JournalError(.unreachable, summary: "there is no file \(path). Name one that is there.")
    }
    do {
      try ServiceJournal.Place.file(path).inspect(for: service, nil)
      let owner = try SQLiteFile.read(path) { file in
        try file.hasTable("journal") ? try file.owner : nil
      }
      guard owner != nil else {
        throw JournalError(.notADatabase, summary: "\(path) holds no journal; nothing was changed.")
      }
    } catch {
      throw JournalError.opening(path, cause: error)
    }
  }
}

// MARK: Files

extension JournalFile {
  /// Removes a file with what SQLite keeps beside it, as far as they are there.
  static func remove(_ path: String) {
    for name in [path] + companions.map({ path + $0 }) { unlink(name) }
  }

  /// Makes an empty file that no other user may read.
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

  /// Whether this user's quota on the disk of a file is used up: a nameless file there cannot be
  /// written.
  static func exceedsQuota(beside path: String) -> Bool {
    // O_TMPFILE, a macro that Swift does not import.
    let nameless = 0o20_000_000 | O_DIRECTORY
    let file = open(folder(of: path), nameless | O_WRONLY | O_CLOEXEC, 0o600)
    guard file >= 0 else { return errno == EDQUOT }
    defer { close(file) }
    let bytes = [UInt8](repeating: 1, count: 1 << 16)
    return write(file, bytes, bytes.count) < 0 && errno == EDQUOT
  }

  static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// Gives a finished file its name, at once and for good.
  static func put(_ part: String, at file: String, overwriting: Bool) throws {
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

  static func refuseExisting(_ file: String) throws {
    guard access(file, F_OK) == 0 else { return }
    throw JournalError(
      .exists, summary: "\(file) is there already. Name another file; nothing was changed.")
  }

  /// A copy put over the journal itself would be a raw one, in a journal's place.
  static func refuse(_ file: String, ifItIs path: String) throws {
    var one = stat()
    var other = stat()
    guard stat(file, &one) == 0, stat(path, &other) == 0, one.st_dev == other.st_dev,
      one.st_ino == other.st_ino
    else { return }
    throw JournalError(
      .exists, summary: "\(file) is the journal itself. Name another file; nothing was changed.")
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
      code, summary: "\(sentence) (\(String(cString: strerror(cause)).lowercased()))",
      remedy: code == .full ? "Make space there." : "Check its folder.")
  }
}

extension SQLiteConnection {
  /// Refuses a database that is damaged anywhere.
  fileprivate func checkIntegrity(of path: String) throws {
    let findings = try integrityFindings(limit: 3)
    guard findings == ["ok"] else {
      throw JournalError(
        .notADatabase,
        summary: """
          \(path) is damaged (\(findings.joined(separator: "; "))). Take another copy; nothing was \
          changed.
          """)
    }
  }
}
