import Daemon

/// The plan of `up`: each daemon's program, arguments, port and sockets.
struct UpPlan: Sendable {
  /// The folder of all state, absolute.
  let state: String
  let portBase: Int
  let programs: Installation

  var run: String { state + "/run" }

  /// The arguments of a daemon, which logs JSON, since it sees a pipe.
  func arguments(_ service: Service) -> [String] {
    var arguments = ["--state", "\(state)/\(service)", "--run", run]
    if let file = programs.configurationFile(service) { arguments += ["--config", file] }
    arguments += ["--\(service)-http-port", String(service.port(base: portBase))]
    return arguments + pages(of: service)
  }

  /// The addresses of the other services' pages that a service's pages show or link to.
  private func pages(of service: Service) -> [String] {
    let others: [Service] =
      switch service {
      case .alpha: [.overlord]
      case .overlord: [.alpha, .beta, .charlie]
      case .beta, .charlie: []
      }
    return others.flatMap { ["--\(service)-pages-\($0)", $0.address(base: portBase)] }
  }

  /// Makes the state folder where it is missing, and locks it against a second `up`.
  ///
  /// Each daemon locks its own folder too. This lock reports at once, before any start, the error
  /// that four daemons would report one after another.
  ///
  /// - Throws: 78, with the folder and the process that uses it.
  func lockState() throws(Failure) -> FolderLock {
    do {
      try makeFolder(state, mode: 0o755, remedy: "Choose another with --state.")
      return try FolderLock(
        state + "/lock", mode: 0o640,
        remedy: """
          Stop that process, or choose another state folder with --state, and other ports with \
          --port-base.
          """)
    } catch {
      throw Failure(.configuration, "\(error)")
    }
  }

  /// The longest path of a socket address, in bytes.
  private static let longestPath = 107

  /// - Throws: 78, when a socket's path is longer than a socket address holds.
  func checkSockets() throws(Failure) {
    let paths = Service.allCases.map { "\(run)/\($0).events" }
    guard let longest = paths.max(by: { $0.utf8.count < $1.utf8.count }),
      longest.utf8.count > Self.longestPath
    else { return }
    throw Failure(
      .configuration,
      """
      the socket \(longest) has a path of \(longest.utf8.count) bytes, and at most \
      \(Self.longestPath) are possible. Choose a shorter folder with --state.
      """)
  }
}
