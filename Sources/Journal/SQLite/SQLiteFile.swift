import GRDB

/// A database file that is opened for one purpose, and closed again.
enum SQLiteFile {
  /// Reads a file in one snapshot; its service may have it open.
  ///
  /// - Parameter seconds: how long the thread waits for a lock.
  static func read<Value>(
    _ path: String, waiting seconds: Double = 5, _ query: (SQLiteConnection) throws -> Value
  ) throws -> Value {
    do {
      let file = try DatabaseQueue(path: path, configuration: .reading(waiting: seconds))
      defer { try? file.close() }
      return try file.read { try query(SQLiteConnection(database: $0, name: path)) }
    } catch {
      throw JournalError.inTerms(error, of: path)
    }
  }

  /// Copies the committed data of a file into an empty file without a write-ahead log, and checks
  /// the copy.
  static func copy<Value>(
    _ path: String, to file: String, checking check: (SQLiteConnection) throws -> Value
  ) throws -> Value {
    do {
      let source = try DatabaseQueue(path: path, configuration: .reading(waiting: 5))
      let copy = try DatabaseQueue(path: file)
      // All pages in one step: one snapshot of a journal that is written to meanwhile.
      try source.backup(to: copy)
      try source.close()
      let value = try copy.writeWithoutTransaction { database in
        let connection = SQLiteConnection(database: database, name: file)
        try connection.becomeOneFile()
        return try check(connection)
      }
      try copy.close()
      return value
    } catch {
      throw copying(path, to: file, error: error)
    }
  }

  private static func copying(_ path: String, to file: String, error: any Error) -> any Error {
    guard let failure = SQLiteFailure.beneath(error) else { return error }
    guard !failure.isDamage else { return JournalError.opening(path, cause: failure) }
    return JournalError(
      .unreachable,
      summary: """
        \(path) could not be copied to \(file) (\(failure)). Check the space there, and that this \
        user may read the one and write the other; nothing was changed.
        """, cause: failure)
  }

  /// Moves the write-ahead log of a file that no process has open into it.
  static func becomeOneFile(_ path: String) throws {
    do {
      let file = try DatabaseQueue(path: path)
      try file.writeWithoutTransaction {
        try SQLiteConnection(database: $0, name: path).becomeOneFile()
      }
      try file.close()
    } catch {
      throw JournalError.opening(path, cause: error)
    }
  }

  /// Moves the write-ahead log of a file into it, as far as that is possible.
  ///
  /// - Returns: whether the file could be opened.
  static func fold(_ path: String) -> Bool {
    guard let file = try? DatabaseQueue(path: path) else { return false }
    _ = try? file.writeWithoutTransaction { try $0.checkpoint(.truncate) }
    try? file.close()
    return true
  }
}
