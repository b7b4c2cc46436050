import Daemon
import Dispatch
import Glibc
import Synchronization

/// A file for the lines of each process, to which they are appended as they are.
///
/// The files are not rotated. Another program may copy and truncate them: each line goes to the
/// present end. A disk that is slow or full never holds up a daemon: lines are dropped, and the
/// failure is reported with the file's name.
final class LogFiles: Sendable {
  private struct State {
    /// The bytes that wait to be written.
    var waiting = 0
    var losses: [UpMember: LineLoss] = [:]
  }

  /// The bytes that may wait for the disk.
  static let maxBytes = 4 << 20

  private let folder: String
  private let files: [UpMember: Int32]
  private let state = Mutex(State())
  private let queue = DispatchQueue(label: "eventually.log-files")
  private let report: @Sendable (LogLine.Level, String) -> Void

  /// Makes the folder where it is missing, and opens the files.
  ///
  /// - Parameters:
  ///   - members: the processes whose lines are kept.
  ///   - folder: the folder of the files, absolute.
  ///   - report: takes a sentence about a file that cannot be written, or can again.
  /// - Throws: 78, with the folder or the file and the reason.
  init(
    of members: [UpMember], in folder: String,
    report: @escaping @Sendable (LogLine.Level, String) -> Void
  ) throws(Failure) {
    do {
      try makeFolder(folder, mode: 0o750, remedy: "Choose another with --log-dir.")
    } catch {
      throw Failure(.configuration, "\(error)")
    }
    var files: [UpMember: Int32] = [:]
    for member in members {
      let path = Self.path(of: member, in: folder)
      let file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0o640)
      guard file >= 0 else {
        let reason = String(cString: strerror(errno))
        for file in files.values { close(file) }
        throw Failure(
          .configuration,
          "the log file \(path) cannot be opened (\(reason)). Choose another folder with --log-dir."
        )
      }
      files[member] = file
    }
    self.folder = folder
    self.files = files
    self.report = report
  }

  deinit {
    for file in files.values { close(file) }
  }

  /// Appends a line to the file of its service; never blocks.
  func append(_ line: ArraySlice<UInt8>, of member: UpMember) {
    let bytes = line + [UInt8(ascii: "\n")]
    let hasRoom = state.withLock { state in
      guard state.waiting + bytes.count <= Self.maxBytes else {
        state.losses[member, default: LineLoss()].drop()
        return false
      }
      state.waiting += bytes.count
      return true
    }
    if hasRoom { queue.async { [self] in write(Array(bytes), of: member) } }
  }

  /// Waits until all lines are written, or the time is over.
  func flush(atMost limit: Duration) {
    let drained = DispatchSemaphore(value: 0)
    queue.async { drained.signal() }
    _ = drained.wait(timeout: .now() + .nanoseconds(Int(limit / .nanoseconds(1))))
  }

  private static func path(of member: UpMember, in folder: String) -> String {
    "\(folder)/\(member).log"
  }

  private func write(_ bytes: [UInt8], of member: UpMember) {
    guard let file = files[member] else { return }
    let failure = writeAll(bytes, to: file)
    // The rest of a line that was cut must not be the beginning of the next.
    if let failure, failure.written > 0 { writeAll([UInt8(ascii: "\n")], to: file) }
    let news = state.withLock { state in
      state.waiting -= bytes.count
      let hasRoom = state.waiting <= Self.maxBytes / 2
      return failure == nil
        ? state.losses[member]?.write(hasRoom: hasRoom)
        : state.losses[member, default: LineLoss()].fail()
    }
    if let news { announce(news, of: member, failure: failure.map { "\($0)" } ?? "") }
  }

  private func announce(_ news: LineLoss.Report, of member: UpMember, failure: String) {
    let path = Self.path(of: member, in: folder)
    switch news {
    case .failed:
      report(.error, "\(path) cannot be written (\(failure)): lines are lost until it can")
    case .writtenAgain(let lost):
      report(.warning, "\(path) is written again; \(lost.grouped) lines were lost")
    case .late:
      report(.error, "\(path) is written too slowly: lines are lost until it keeps up")
    case .caughtUp(let lost):
      report(.warning, "\(path) keeps up; \(lost.grouped) lines were lost while it was too slow")
    }
  }
}
