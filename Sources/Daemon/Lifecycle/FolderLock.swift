import FoundationEssentials
import Glibc

/// An exclusive lock on a file, held as long as this value lives; the kernel takes it back from a
/// process that dies.
///
/// Two daemons on one journal would both append to one log, and binding steals a live ipc path in
/// silence; so a daemon holds one lock in its state folder and one in the run directory.
package struct FolderLock: ~Copyable {
  /// The open file, closed with this value.
  let file: Int32

  /// Takes the lock, and writes this process's id into the file.
  ///
  /// The folder may belong to others too, as the run directory does. So nothing is written before
  /// the file is known to be a plain one of this user: a link there could lead to a journal.
  ///
  /// - Parameters:
  ///   - path: the file, made when it is missing.
  ///   - mode: the permissions of a new file.
  ///   - remedy: what to do when another process holds it.
  /// - Throws: ``HeldLock`` that names the process that holds it; ``StartError`` that names the file;
  ///   ``StartFailure`` when the machine is out of something.
  package init(_ path: String, mode: UInt32, remedy: String) throws {
    // Without O_NONBLOCK, opening a pipe could wait for its other end.
    let flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY
    let file = open(path, flags, mode)
    guard file >= 0 else {
      let cause = errno
      try requirePlainFile(path, as: "a lock")
      if let file = MisownedFile(unusable: path) { throw StartError("\(file)") }
      throw startError(
        """
        \(path) cannot be written (\(String(cString: strerror(cause)))). Make its folder one that is \
        there and that this user can write to.
        """, cause: cause)
    }
    do {
      try requirePlainFile(path, as: "a lock", status: FileStatus(file))
    } catch {
      close(file)
      throw error
    }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      let (holder, isEnding) = Self.holder(file)
      close(file)
      throw HeldLock(
        description: "\(path) is held by \(holder). \(remedy)", isEnding: isEnding)
    }
    self.file = file
    ftruncate(file, 0)
    writeAll(Array("\(getpid())\n".utf8), to: file)
  }

  deinit {
    close(file)
  }

  /// The file is only a hint: another user may have written it.
  private static func holder(_ file: Int32) -> (name: String, isEnding: Bool) {
    var bytes = [UInt8](repeating: 0, count: 32)
    let count = pread(file, &bytes, bytes.count, 0)
    var written = bytes.prefix(max(count, 0))
    let isEnding = written.suffix(endingMark.count).elementsEqual(endingMark)
    if isEnding { written = written.dropLast(endingMark.count) }
    let process = processID(written)
    return (process.map { "process \($0)" } ?? "another process", isEnding)
  }

  /// The line below the number of a process that has been asked to end.
  private static let endingMark = Array("ending\n".utf8)

  /// Writes into the files of held locks that their process is ending, for a process that waits.
  static func markEnding(_ files: [Int32]) {
    for file in files { writeAll(endingMark, to: file) }
  }

  /// The number of a process that lives, written as a lock is: digits and an end of line.
  static func processID(_ bytes: some Collection<UInt8>) -> pid_t? {
    let line = String(decoding: bytes, as: UTF8.self)
    guard line.hasSuffix("\n"), let process = pid_t(line.dropLast()), process > 0,
      kill(process, 0) == 0 || errno == EPERM
    else { return nil }
    return process
  }
}

/// A lock that another process holds.
struct HeldLock: RequiresOperator, CustomStringConvertible {
  /// The file, the process and the remedy, for people.
  let description: String
  /// Whether that process has been asked to end, and says so.
  let isEnding: Bool
}

/// The error for a system call that failed at start: a missing resource may be available at the
/// next start, and any other cause stays until an operator removes it.
func startError(_ sentence: String, cause: Int32) -> any Error {
  let shortages = [EMFILE, ENFILE, ENOSPC, EDQUOT, ENOMEM]
  return shortages.contains(cause) ? StartFailure(sentence) : StartError(sentence)
}

/// The message of the last failed system call.
func systemError() -> String {
  String(cString: strerror(errno))
}

/// Makes a folder with the folders above it, unless it is there.
///
/// - Parameter mode: the permissions of the folder, if it is made here.
/// - Throws: ``StartError`` that names the folder; ``StartFailure`` when the machine is out of
///   something.
package func makeFolder(_ path: String, mode: UInt32, remedy: String) throws {
  var parent = ""
  let parts = path.split(separator: "/")
  for (index, part) in parts.enumerated() {
    parent += "/" + part
    let made = mkdir(parent, index == parts.count - 1 ? mode : 0o755)
    let cause = errno
    guard made == 0 || cause == EEXIST || isFolder(parent) else {
      let reason = String(cString: strerror(cause))
      throw startError("the folder \(parent) cannot be made (\(reason)). \(remedy)", cause: cause)
    }
  }
  guard isFolder(path) else { throw StartError("\(path) is not a folder. \(remedy)") }
  guard access(path, W_OK | X_OK) == 0 else {
    throw StartError("the folder \(path) cannot be written to (\(systemError())). \(remedy)")
  }
}

private func isFolder(_ path: String) -> Bool {
  var isFolder = false
  return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder
}
