import Events
import FoundationEssentials
import Glibc
package import Runtime
import Synchronization

/// The write-ahead log beside a journal, which holds commits until they are moved into the journal
/// itself: a process that reads one old state keeps it from shrinking.
package struct LogFile: Hashable, Sendable {
  /// The size beyond which it is shrunk.
  static let limit: UInt64 = 8 << 20

  /// Its length.
  package internal(set) var bytes: UInt64 = 0
  /// Since when it is beyond its limit and cannot be shrunk; nil while it can.
  package internal(set) var heldSince: Timestamp?
  /// The process that keeps it from shrinking, where that is known: `process 4711 (sqlite3)`.
  package internal(set) var holder: String?
}

extension ServiceJournal {
  /// The wall clock, as the journal reads it.
  package var wallClock: Timestamp { runtime.now() }

  /// The state of the write-ahead log at the last look.
  package var logFile: LogFile { state.withLock { $0.log } }

  /// Moves commits from the write-ahead log into the journal, and shrinks the log where it is
  /// beyond its limit.
  ///
  /// Writers wait for a quarter of a second at most.
  ///
  /// - Returns: how it is now.
  @discardableResult
  package func shrinkLogFile() async -> LogFile {
    guard case .file(let path) = place, let engine = engine as? SQLiteEngine else {
      return LogFile()
    }
    return await withCheckedContinuation { continuation in
      writer.async {
        continuation.resume(returning: self.shrinkLogFile(of: path, engine))
      }
    }
  }

  private func shrinkLogFile(of path: String, _ engine: SQLiteEngine) -> LogFile {
    var isHeld = false
    if LogFile.size(beside: path) > LogFile.limit {
      do {
        try engine.checkpoint(.shrinking)
      } catch {
        isHeld = JournalError.ofJournal(error)?.code == .busy
      }
    } else {
      try? engine.checkpoint(.passing)
    }
    let bytes = LogFile.size(beside: path)
    let now = runtime.now()
    let holder = isHeld ? LockHolder.reader(of: path).map { "\($0)" } : nil
    return state.withLock { state in
      state.log = LogFile(
        bytes: bytes, heldSince: isHeld ? state.log.heldSince ?? now : nil, holder: holder)
      return state.log
    }
  }
}

extension LogFile {
  fileprivate static func size(beside path: String) -> UInt64 {
    var status = stat()
    return stat("\(path)-wal", &status) == 0 ? UInt64(status.st_size) : 0
  }
}
