import Daemon
import FoundationEssentials
import Glibc

/// The file at a socket's path, looked at before a connection to nothing waits in silence.
struct SocketPlace: Hashable, Sendable {
  enum Finding: Hashable, Sendable {
    case there
    case missing
    /// Something else is there, for example a plain file.
    case other(FileStatus.Kind)
    /// This user may not look at it, or not use it: the system's number for that.
    case forbidden(Int32)
  }

  let path: String

  init(path: String) {
    self.path = path
  }

  /// The place of an endpoint; nil for one that is no file.
  init?(_ endpoint: String) {
    let scheme = "ipc://"
    guard endpoint.hasPrefix(scheme), !endpoint.hasPrefix(scheme + "@") else { return nil }
    path = String(endpoint.dropFirst(scheme.count))
  }

  var finding: Finding {
    var status = stat()
    guard stat(path, &status) == 0 else {
      return [ENOENT, ENOTDIR].contains(errno) ? .missing : .forbidden(errno)
    }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      return .other(FileStatus(at: path)?.kind ?? .plain)
    }
    // To connect is to write.
    return access(path, W_OK) == 0 ? .there : .forbidden(errno)
  }

  /// - Throws: 69 for a file that waiting does not change.
  func check() throws(Failure) {
    switch finding {
    case .there, .missing: return
    case .other(let kind):
      throw Failure(
        .unreachable,
        """
        \(path) is \(kind.rawValue), and no socket. Name the sockets' folder with --run or --state.
        """)
    case .forbidden(let code): throw .forbidden(path, code: code, to: "use")
    }
  }
}

/// The folder of the services' sockets.
struct SocketFolder: Hashable, Sendable {
  let path: String

  init(_ path: String) {
    self.path = path
  }

  /// - Throws: 69 when it is not there or this user may not look into it; 64 for a service without
  ///   a socket among others that have one.
  func check(_ services: [String]) throws(Failure) {
    let present = try present()
    let known = Service.allCases.map(\.rawValue)
    for name in services where !present.contains(name) && !known.contains(name) {
      let near =
        name.nearest(of: Set(known + present).sorted()).map { " Did you mean \($0)?" } ?? ""
      throw Failure(
        .usage,
        """
        there is no socket \(path)/\(name).events, and so no service \(name) here.\(near) The \
        services here are: \(present.isEmpty ? "none" : present.joined(separator: ", ")).
        """)
    }
  }

  /// The services that have a socket of events here.
  private func present() throws(Failure) -> [String] {
    guard let folder = opendir(path) else {
      guard [ENOENT, ENOTDIR].contains(errno) else {
        throw .forbidden(path, code: errno, to: "look into")
      }
      throw Failure(
        .unreachable,
        """
        there is no folder \(path). Start the services with `eventually up`, or name the folder of \
        their sockets with --run DIR, or with --state the one that `up` was given.
        """)
    }
    closedir(folder)
    let files = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    let suffix = ".events"
    return files.filter { $0.hasSuffix(suffix) }.map { String($0.dropLast(suffix.count)) }.sorted()
  }
}

extension Failure {
  /// 69, for a file that this user may not use.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - code: the system's number.
  ///   - verb: the forbidden action, as ``ForbiddenFile`` has it: `read`.
  static func forbidden(_ path: String, code: Int32, to verb: String) -> Failure {
    let words = ["eventually"] + CommandLine.arguments.dropFirst()
    let file = ForbiddenFile(
      path, verb: verb, code: code,
      command: words.map(\.asShellWord).joined(separator: " "))
    return Failure(.unreachable, "\(file)")
  }
}
