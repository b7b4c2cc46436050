import Glibc

/// A process that holds a lock on a database, as the kernel lists it.
struct LockHolder: Hashable, Sendable, CustomStringConvertible {
  let pid: Int32
  /// The name of its program, where the kernel shows it.
  let name: String?

  /// For example `process 4711 (sqlite3)`.
  var description: String { "process \(pid)\(name.map { " (\($0))" } ?? "")" }

  /// Another process that writes to a database, or keeps others from using it.
  static func writer(of path: String) -> LockHolder? {
    // The file beside it holds the locks of the write-ahead log; the file itself those of a
    // process that uses it alone.
    holder("\(path)-shm") { $0.isWrite } ?? holder(path) { $0.isWrite }
  }

  /// Another process that reads a database, and so keeps its write-ahead log from shrinking.
  static func reader(of path: String) -> LockHolder? {
    // The locks of readers; every open database has one at byte 128.
    holder("\(path)-shm") { !$0.isWrite && $0.first >= 123 && $0.last <= 127 }
  }

  private static func holder(_ file: String, where matches: (FileLock) -> Bool) -> LockHolder? {
    var status = stat()
    guard stat(file, &status) == 0 else { return nil }
    // The list comes in pieces, and a lock that is taken or released between two of them moves the
    // rest: a line may be missed.
    for _ in 1...5 {
      let lock = FileLock.all.first {
        $0.inode == UInt64(status.st_ino) && $0.pid != getpid() && $0.pid > 0 && matches($0)
      }
      if let lock { return LockHolder(pid: lock.pid, name: programName(of: lock.pid)) }
    }
    return nil
  }

  private static func programName(of pid: Int32) -> String? {
    kernelText("/proc/\(pid)/comm").split(separator: "\n").first.map(String.init)
  }
}

/// A line of `/proc/locks`, for example `7: POSIX  ADVISORY  WRITE 4711 fd:01:1573 120 120`.
struct FileLock: Hashable {
  let pid: Int32
  let isWrite: Bool
  /// The number of the file; the device beside it is not compared, since some file systems show
  /// another one here than elsewhere.
  let inode: UInt64
  let first: UInt64
  let last: UInt64

  /// The locks that are held on this machine now.
  static var all: [FileLock] {
    kernelText("/proc/locks").split(separator: "\n").compactMap { FileLock($0) }
  }

  /// Nil for a lock of another kind, and for one that is waited for.
  init?(_ line: Substring) {
    let fields = line.split(separator: " ")
    guard fields.count == 8, fields[1] == "POSIX", let pid = Int32(fields[4]),
      let inode = fields[5].split(separator: ":").last.flatMap({ UInt64($0) }),
      let first = UInt64(fields[6])
    else { return nil }
    self.pid = pid
    self.inode = inode
    self.first = first
    isWrite = fields[3] == "WRITE"
    last = UInt64(fields[7]) ?? .max
  }
}

/// The whole text of a file that the kernel makes, or as much of it as can be read.
///
/// The kernel gives at most a page for each read, which Foundation takes for the end of the file.
func kernelText(_ path: String) -> String {
  let file = open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { return "" }
  defer { close(file) }
  var text: [UInt8] = []
  var piece = [UInt8](repeating: 0, count: 65_536)
  while true {
    let count = read(file, &piece, piece.count)
    guard count > 0 else { return String(decoding: text, as: UTF8.self) }
    text += piece.prefix(count)
  }
}
