import Glibc

/// The sizes of a journal's files, in bytes.
package struct FileSizes: Hashable, Sendable {
  /// The database.
  package let database: UInt64
  /// The write-ahead log beside it; 0 without one.
  package let log: UInt64
}

extension ServiceJournal {
  /// The present sizes of the journal's files; nil for a journal in memory.
  package var fileSizes: FileSizes? {
    guard case .file(let path) = place else { return nil }
    return FileSizes(database: size(of: path), log: size(of: "\(path)-wal"))
  }

  private func size(of path: String) -> UInt64 {
    var status = stat()
    return stat(path, &status) == 0 ? UInt64(status.st_size) : 0
  }
}
