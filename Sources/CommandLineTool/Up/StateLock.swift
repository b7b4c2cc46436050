import FoundationEssentials
import Glibc

/// The state folder of one `up`, made where it was missing, and locked against a second one for
/// as long as this lives; the kernel takes the lock back from a process that dies.
///
/// Each daemon locks its own folder too. This lock is there to say at once, and before anything
/// starts, what four daemons would say one after another.
struct StateLock: ~Copyable {
  private let file: Int32

  /// - Throws: 78, with the folder and the process that uses it.
  init(_ folder: String) throws(Failure) {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw Failure(
        .configuration,
        "the state folder \(folder) cannot be made (\(error)). Choose another with --state.")
    }
    let path = folder + "/lock"
    let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
    guard file >= 0 else {
      let reason = String(cString: strerror(errno)).lowercased()
      throw Failure(
        .configuration, "\(path) cannot be written (\(reason)). Choose another with --state.")
    }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      let holder = Self.holder(file)
      close(file)
      throw Failure(
        .configuration,
        """
        the state folder \(folder) is in use by \(holder). Stop that one, or choose another folder \
        with --state, and other ports with --port-base.
        """)
    }
    self.file = file
    ftruncate(file, 0)
    let text = Array("\(getpid())\n".utf8)
    _ = text.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
  }

  deinit {
    close(file)
  }

  /// Ends the lock, here and not earlier.
  consuming func release() {}

  private static func holder(_ file: Int32) -> String {
    var bytes = [UInt8](repeating: 0, count: 32)
    let count = pread(file, &bytes, bytes.count, 0)
    let text = String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
    return Int32(text.filter(\.isNumber)).map { "process \($0)" } ?? "another process"
  }
}
