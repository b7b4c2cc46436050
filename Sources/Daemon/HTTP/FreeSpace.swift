import Dispatch
import Glibc
import Logging
import Runtime
import Synchronization

/// Measures the space on the journal's disk, for commands and every ten seconds, and keeps a reserve:
/// below it no command begins something new, so that existing orders can be finished.
final class FreeSpace: Sendable {
  /// Of a disk, in bytes.
  struct Space: Hashable, Sendable {
    var free: UInt64
    var all: UInt64
  }

  /// The time for which a measurement counts for commands: in it a disk that is written at 500 MB/s loses
  /// less than half of the default reserve.
  static let freshness = Duration.milliseconds(50)

  private let folder: String
  private let runtime: RuntimeContext
  private let limits: @Sendable () -> SpaceLimits
  private let service: String
  private let logger: Logger
  private let measure: @Sendable (String) -> Space?
  private let state = Mutex<(status: SpaceStatus, measuredAt: Duration)?>(nil)
  /// Measures one after another: a disk that hangs holds up one thread, and none that answers requests.
  private let measuring = DispatchQueue(label: "eventually.disk.space")

  /// - Parameters:
  ///   - folder: a folder on the disk.
  ///   - limits: the space below which it is reported, and reserved, at each measurement.
  ///   - service: `alpha`, for the keys in remedies.
  ///   - runtime: the clock by which measurements age.
  ///   - logger: takes each change.
  ///   - measure: the space of a folder's disk; nil where it cannot be known.
  init(
    _ folder: String, limits: @escaping @Sendable () -> SpaceLimits, service: String,
    runtime: RuntimeContext, logger: Logger,
    measure: @escaping @Sendable (String) -> Space? = Space.init(ofDiskAt:)
  ) {
    self.measure = measure
    self.folder = folder
    self.limits = limits
    self.service = service
    self.runtime = runtime
    self.logger = logger
  }

  /// As it was measured last; nil before, and where it cannot be known.
  var status: SpaceStatus? { state.withLock { $0?.status } }

  /// The fact that needs attention, a sentence with a remedy; nil while there is enough space.
  var attention: String? { status.flatMap { sentence(about: $0) } }

  /// The refusal of commands that create something; nil where the space suffices, or is unknown.
  func problem() async -> Problem? {
    let status =
      if let recent { recent } else { await onQueue { self.recent ?? self.takeMeasurement() } }
    return status?.level == .reserved ? .diskNearlyFull(service) : nil
  }

  /// The last measurement, while it is fresh; nil afterwards.
  private var recent: SpaceStatus? {
    guard let last = state.withLock(\.self), runtime.uptime() - last.measuredAt < Self.freshness
    else { return nil }
    return last.status
  }

  /// Measures the space, and logs each change of its level, once.
  @discardableResult
  func look() async -> SpaceStatus? {
    await onQueue { self.takeMeasurement() }
  }

  private func onQueue(_ look: @escaping @Sendable () -> SpaceStatus?) async -> SpaceStatus? {
    await withCheckedContinuation { continuation in
      measuring.async { continuation.resume(returning: look()) }
    }
  }

  /// On the queue, so that no measurement replaces a newer one.
  private func takeMeasurement() -> SpaceStatus? {
    let measuredAt = runtime.uptime()
    guard let disk = measure(folder) else { return nil }
    let (before, now) = state.withLock { state in
      let before = state?.status
      let now = SpaceStatus(disk, limits: limits(), after: before?.level ?? .enough)
      state = (now, measuredAt)
      return (before, now)
    }
    if now.level != before?.level ?? .enough { log(now) }
    return now
  }

  private func log(_ status: SpaceStatus) {
    guard let sentence = sentence(about: status) else {
      return logger.notice(
        "the disk of \(folder) has \(status.megabytes) MiB again",
        metadata: ["event.action": "disk-has-space"])
    }
    let action = status.level == .reserved ? "disk-nearly-full" : "disk-space-low"
    logger.warning("\(sentence)", metadata: ["event.action": "\(action)"])
  }

  private func sentence(about status: SpaceStatus) -> String? {
    switch status.level {
    case .enough: nil
    case .low:
      """
      the disk of \(folder) has \(status.megabytes) MiB left: below \(status.reserve >> 20) MiB \
      commands that create something get 503. Make space.
      """
    case .reserved:
      """
      the disk of \(folder) has only \(status.megabytes) MiB left: commands that create something get \
      503. Make space, or lower \(service).disk.reserve.
      """
    }
  }
}

/// The space below which a disk is reported, and reserved, in bytes.
struct SpaceLimits: Hashable, Sendable {
  /// Below it the space is reported; at most a fifth of the disk.
  var warning: UInt64
  /// Below it nothing new is begun; at most a tenth of the disk.
  var reserve: UInt64
}

extension SpaceLimits {
  /// The limits of a service's configuration.
  init(_ configuration: ServiceConfiguration) {
    self.init(
      warning: UInt64(configuration[HTTPKeys.diskWarning]) << 20,
      reserve: UInt64(configuration[HTTPKeys.diskReserve]) << 20)
  }
}

/// The space on a disk, and its level by the limits.
///
/// A value without I/O.
struct SpaceStatus: Hashable, Sendable {
  enum Level: Hashable, Sendable {
    case enough
    /// It is reported, and nothing is refused.
    case low
    /// Commands that create something are refused.
    case reserved
  }

  /// The bytes that are free.
  let free: UInt64
  /// The limits in force, for a disk of this size.
  let warning: UInt64
  let reserve: UInt64
  let level: Level

  /// - Parameters:
  ///   - disk: the measurement.
  ///   - limits: as they are configured.
  ///   - before: the level of the measurement before. Space that was low is enough again only a
  ///     tenth above the limit, so that a disk at its limit is not reported again and again.
  init(_ disk: FreeSpace.Space, limits: SpaceLimits, after before: Level) {
    free = disk.free
    reserve = min(limits.reserve, disk.all / 10)
    warning = max(reserve, min(limits.warning, disk.all / 5))
    let enough = before == .enough ? warning : warning + warning / 10
    level = free < reserve ? .reserved : free < enough ? .low : .enough
  }

  fileprivate var megabytes: UInt64 { free >> 20 }
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
