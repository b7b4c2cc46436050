package import Glibc

/// The file at a path: its kind, its owner, its permissions and its number of names.
package struct FileStatus: Hashable, Sendable {
  /// The kinds of files that there are.
  package enum Kind: String, Sendable {
    case plain = "a plain file"
    case folder = "a folder"
    case link = "a symbolic link"
    case socket = "a socket"
    case pipe = "a named pipe"
    case device = "a device"
  }

  /// Its kind.
  package let kind: Kind
  /// The id of the user that it belongs to.
  package let owner: uid_t
  /// The id of the group that it belongs to.
  let group: gid_t
  /// The rights of its owner, its group and all others: `0o640`.
  let permissions: mode_t
  /// The number of its names.
  package let names: Int
  /// The device and the number of the file on it, which two files never share.
  let identity: [UInt64]

  /// Of the file at a path, without following a link; nil when there is none or it cannot be read.
  package init?(at path: String) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return nil }
    self.init(status)
  }

  /// Of the file at the end of a path's links; nil when there is none or it cannot be read.
  package init?(following path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    self.init(status)
  }

  /// Of an open file.
  init(_ file: Int32) {
    var status = stat()
    fstat(file, &status)
    self.init(status)
  }

  private init(_ status: stat) {
    kind =
      switch status.st_mode & S_IFMT {
      case S_IFREG: .plain
      case S_IFDIR: .folder
      case S_IFLNK: .link
      case S_IFSOCK: .socket
      case S_IFIFO: .pipe
      default: .device
      }
    owner = status.st_uid
    group = status.st_gid
    permissions = status.st_mode & 0o777
    names = Int(status.st_nlink)
    identity = [UInt64(status.st_dev), UInt64(status.st_ino)]
  }
}

/// Refuses a file that is not a plain one of this user with one name; a missing file is accepted.
///
/// - Parameters:
///   - path: where it is.
///   - purpose: its use: `a lock`.
///   - status: of the open file; looked at here where it is nil.
/// - Throws: ``StartError`` that names it.
func requirePlainFile(_ path: String, as purpose: String, status: FileStatus? = nil) throws {
  guard let status = status ?? FileStatus(at: path) else { return }
  let fault: String? =
    if status.kind != .plain {
      "is \(status.kind.rawValue)"
    } else if status.names > 1 {
      "has \(status.names) names (hard links)"
    } else if !isTrusted(status.owner, in: path) {
      "belongs to \(userName(status.owner)), and this process runs as \(userName(geteuid()))"
    } else {
      nil
    }
  guard let fault else { return }
  throw StartError(
    """
    \(path) \(fault); \(purpose) must be a plain file of this user with one name. Nothing was \
    written to it. Find the program that made it, move the file away, and start again.
    """)
}

/// This user, root, and for root the user whose folder it is: root restores others' journals.
private func isTrusted(_ owner: uid_t, in path: String) -> Bool {
  if owner == geteuid() || owner == 0 { return true }
  guard geteuid() == 0 else { return false }
  var folder = stat()
  let parent = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
  return stat(parent.joined(separator: "/") + "/", &folder) == 0 && folder.st_uid == owner
}

/// Refuses a path for a socket at which something else is: binding would delete it.
func requireSocket(_ path: String, remedy: String) throws {
  guard let status = FileStatus(at: path), status.kind != .socket else { return }
  throw StartError(
    """
    \(path) is \(status.kind.rawValue), and no socket: binding would delete it. Nothing was done to \
    it. \(remedy)
    """)
}

/// The name of a user, with the number; the number alone where it has no name.
package func userName(_ id: uid_t) -> String {
  guard let entry = getpwuid(id), let name = entry.pointee.pw_name else { return "user \(id)" }
  return "user \(String(cString: name)) (\(id))"
}
