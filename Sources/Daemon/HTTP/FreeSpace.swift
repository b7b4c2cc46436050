import Dispatch
import Glibc
import Logging
import Synchronization

/// Keeps a reserve of the journal's disk: below it no command begins something new, so that
/// existing orders can be finished.
final class FreeSpace: Sendable {
  /// Of a disk, in bytes.
  struct Space: Sendable {
    var free: UInt64
    var all: UInt64
  }

  private let folder: String
  private let reserve: @Sendable () -> UInt64
  private let service: String
  private let logger: Logger
  private let measure: @Sendable (String) -> Space?
  private let isShort = Mutex(false)
  /// Measures one after another: a disk that hangs holds up one thread, and none that answers requests.
  private let measuring = DispatchQueue(label: "eventually.disk.space")

  /// - Parameters:
  ///   - folder: a folder on the disk.
  ///   - reserve: in bytes, at each request; at most a tenth of the disk is kept.
  ///   - measure: the space of a folder's disk; nil where it cannot be known.
  init(
    _ folder: String, reserve: @escaping @Sendable () -> UInt64, service: String, logger: Logger,
    measure: @escaping @Sendable (String) -> Space? = Space.init(ofDiskAt:)
  ) {
    self.measure = measure
    self.folder = folder
    self.reserve = reserve
    self.service = service
    self.logger = logger
  }

  /// The refusal of commands that create something; nil where the space suffices, or is unknown.
  func problem() async -> Problem? {
    let disk = await withCheckedContinuation { continuation in
      measuring.async { continuation.resume(returning: self.measure(self.folder)) }
    }
    guard let disk else { return nil }
    let isShort = disk.free < min(reserve(), disk.all / 10)
    note(isShort, free: disk.free)
    return isShort ? .diskNearlyFull(service) : nil
  }

  /// Logs each change, once.
  private func note(_ isShort: Bool, free: UInt64) {
    let hasChanged = self.isShort.withLock { before in
      defer { before = isShort }
      return before != isShort
    }
    guard hasChanged else { return }
    let megabytes = free / (1 << 20)
    if isShort {
      logger.warning(
        """
        the disk of \(folder) has only \(megabytes) MiB left: commands that create something get \
        503. Make space, or lower \(service).disk.reserve.
        """, metadata: ["event.action": "disk-nearly-full"])
    } else {
      logger.notice(
        "the disk of \(folder) has \(megabytes) MiB again, and all commands are accepted",
        metadata: ["event.action": "disk-has-space"])
    }
  }
}

extension FreeSpace.Space {
  /// The measurement of the system.
  init?(ofDiskAt folder: String) {
    var disk = statvfs()
    guard statvfs(folder, &disk) == 0 else { return nil }
    let block = UInt64(disk.f_frsize)
    self.init(free: UInt64(disk.f_bavail) * block, all: UInt64(disk.f_blocks) * block)
  }
}
