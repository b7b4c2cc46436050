import Glibc

/// A file that this user may not use: the file or folder that refuses it, the owner and the group of
/// that, and the line that helps.
package struct ForbiddenFile: Hashable, Sendable, CustomStringConvertible {
  /// A user of this machine, as far as rights are concerned.
  package struct User: Hashable, Sendable {
    let id: uid_t
    let groups: Set<gid_t>

    /// The user that this process runs as.
    package static var ofThisProcess: User {
      var groups = [gid_t](repeating: 0, count: Int(max(getgroups(0, nil), 0)))
      let count = getgroups(Int32(groups.count), &groups)
      return User(id: geteuid(), groups: Set(groups.prefix(Int(max(count, 0))) + [getegid()]))
    }
  }

  /// The file that was to be used.
  package let path: String
  /// The forbidden action: `read`.
  package let verb: String
  /// The system's reason.
  let reason: String
  /// The file, or the folder above it that may not be entered.
  let obstacle: String
  /// Nil where the obstacle cannot be looked at.
  let status: FileStatus?
  /// The right to the obstacle that the user does not have: bits of the last digit of a mode.
  let missing: mode_t
  let user: User
  /// The command that was to use it.
  let command: String

  /// Whether members of the obstacle's group may do it; it is never advised to join root's.
  private var groupHelps: Bool {
    guard let status, status.group != 0, !user.groups.contains(status.group) else { return false }
    return (status.permissions >> 3) & missing == missing
  }

  package var description: String {
    let opening = "\(userName(user.id)) may not \(verb) \(path) (\(reason))."
    guard let status else { return "\(opening) Run this as the user of the services: sudo -u USER" }
    let group = groupName(status.group)
    let owner = """
      \(opening) \(obstacle == path ? "It" : obstacle) belongs to \(userName(status.owner)) and group \
      \(group).
      """
    let asOwner = "as its owner: sudo -u \(sudoName(status.owner)) \(command)"
    guard groupHelps else { return "\(owner) Run this \(asOwner)" }
    return """
      \(owner) Its group may do this: join it with `sudo usermod -aG \(group) \
      \(accountName(user.id))` and log in again. Or run this \(asOwner)
      """
  }
}

extension ForbiddenFile {
  /// Looks for the obstacle, from the root of the path on.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - verb: the forbidden action: `read`, `write to`, `look into` a folder, or `use` a socket.
  ///   - code: the system's number.
  ///   - command: the command that was to use it.
  package init(_ path: String, verb: String, code: Int32, command: String) {
    self.path = path
    self.verb = verb
    self.command = command
    reason = String(cString: strerror(code)).lowercased()
    user = .ofThisProcess
    let folder = Self.folders(of: path).first { access($0, X_OK) != 0 }
    obstacle = folder ?? path
    status = FileStatus(following: obstacle)
    missing = folder == nil ? Self.right(to: verb) : mode_t(X_OK)
  }

  private static func right(to verb: String) -> mode_t {
    switch verb {
    case "read": mode_t(R_OK)
    case "look into": mode_t(R_OK | X_OK)
    case "write to": mode_t(W_OK | X_OK)
    default: mode_t(W_OK)
    }
  }

  /// The folders above a file, the highest first.
  private static func folders(of path: String) -> [String] {
    let parts = path.split(separator: "/").dropLast()
    let root = path.hasPrefix("/") ? "/" : ""
    return parts.indices.map { root + parts[...$0].joined(separator: "/") }
  }
}

/// A file of a service's state that belongs to another user: a command that ran as root left it.
package struct MisownedFile: Hashable, Sendable, CustomStringConvertible {
  let path: String
  let owner: uid_t
  /// The user and the group of the service.
  let user: uid_t
  let group: gid_t

  package var description: String {
    """
    \(path) belongs to \(userName(owner)), and \(userName(user)) may not use it. Give it back: \
    sudo chown \(accountName(user)):\(groupName(group)) \(path)
    """
  }
}

extension MisownedFile {
  /// The names of the files of a state folder: the lock, the databases and what SQLite keeps beside
  /// them.
  static let names = ["lock"] + databases
  static let databases = (["journal.sqlite"] + databasesBesideJournal).flatMap { database in
    ["", "-wal", "-shm", "-journal"].map { database + $0 }
  }

  /// The file, where it belongs to another user and this process may not use it.
  init?(unusable path: String) {
    guard let status = FileStatus(at: path), status.kind == .plain, status.owner != geteuid(),
      access(path, R_OK | W_OK) != 0
    else { return nil }
    self.init(path: path, owner: status.owner, user: geteuid(), group: getegid())
  }

  /// The files of a state folder that do not belong to its owner; those that cannot be looked at are
  /// left out.
  package static func all(in folder: String) -> [MisownedFile] {
    guard let home = FileStatus(following: folder) else { return [] }
    return names.compactMap { name in
      let path = "\(folder)/\(name)"
      guard let status = FileStatus(at: path), status.kind == .plain, status.owner != home.owner
      else { return nil }
      return MisownedFile(path: path, owner: status.owner, user: home.owner, group: home.group)
    }
  }
}

/// The name of a user as commands take it; the number where it has no name.
private func accountName(_ id: uid_t) -> String {
  guard let entry = getpwuid(id), let name = entry.pointee.pw_name else { return "\(id)" }
  return String(cString: name)
}

/// The name of a user as sudo takes it, which has a mark before a number.
private func sudoName(_ id: uid_t) -> String {
  getpwuid(id) == nil ? "'#\(id)'" : accountName(id)
}

/// The name of a group; the number where it has no name.
private func groupName(_ id: gid_t) -> String {
  guard let entry = getgrgid(id), let name = entry.pointee.gr_name else { return "\(id)" }
  return String(cString: name)
}
