import FoundationEssentials
import Glibc

/// `CLOCK_MONOTONIC`, which all processes of a machine share, so that one can subtract the time of
/// another.
func monotonicNanoseconds() -> UInt64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return time.nanoseconds
}

/// The CPU time that a process has used, user and system, all threads together.
///
/// It is the process's own CPU clock, the sum that `getrusage` shows, which another process can
/// read while the first one runs.
struct ProcessClock: Sendable {
  private let clock: clockid_t

  /// The clock of a process that runs; nil when there is none.
  init?(of process: pid_t) {
    var clock = clockid_t()
    guard clock_getcpuclockid(process, &clock) == 0 else { return nil }
    self.clock = clock
  }

  /// - Throws: 1, when the process has ended.
  var seconds: Double {
    get throws(Failure) {
      var time = timespec()
      guard clock_gettime(clock, &time) == 0 else {
        throw Failure(.refused, "a process of the benchmark ended before it was measured.")
      }
      return Double(time.nanoseconds) / 1e9
    }
  }
}

/// The cache flushes that the disks of this machine have completed, on behalf of all processes.
enum DiskFlushes {
  /// The field of `/sys/block/*/stat` that counts flush requests.
  private static let field = 15

  static var now: Int {
    let folder = "/sys/block"
    let disks = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return disks.reduce(0) { sum, disk in
      // A file of sysfs has a nominal length of 4,096 bytes, and is shorter.
      let line = (try? Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(disk)/stat"))) ?? Data()
      return sum + flushes(in: String(decoding: line, as: UTF8.self))
    }
  }

  static func flushes(in line: String) -> Int {
    let fields = line.split { $0 == " " || $0 == "\n" }
    return fields.count > field ? Int(fields[field]) ?? 0 : 0
  }
}

extension timespec {
  fileprivate var nanoseconds: UInt64 { UInt64(tv_sec) * 1_000_000_000 + UInt64(tv_nsec) }
}
