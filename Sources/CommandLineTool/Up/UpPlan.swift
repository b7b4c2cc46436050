import Daemon
import Journal

/// The plan of `up`: each daemon's program, arguments, port and sockets.
struct UpPlan: Sendable {
  /// The folder of all state, absolute.
  let state: String
  let portBase: Int
  let programs: Installation
  /// Nil for one process of each service, whose journal is a file.
  var replicas: UpReplicas?

  /// The folder of the sockets, where no service has replicas.
  var run: String { state + "/run" }

  /// Every process that is run.
  var members: [UpMember] {
    guard let replicas else { return Service.allCases.map { UpMember($0) } }
    return replicas.names.flatMap { name in
      Service.allCases.map { UpMember($0, replica: name) }
    }
  }

  /// The arguments of a daemon, which logs JSON, since it sees a pipe.
  func arguments(_ member: UpMember) -> [String] {
    let service = member.service
    let folder = folder(of: member.replica)
    var arguments = ["--state", "\(folder)/\(service)", "--run", "\(folder)/run"]
    if let file = programs.configurationFile(service) { arguments += ["--config", file] }
    arguments += ["--\(service)-http-port", String(port(of: member))]
    return arguments + pages(of: member) + sharing(member)
  }

  /// The folder of the state of the replicas with a name, and of their sockets.
  func folder(of replica: String?) -> String { replica.map { "\(state)/\($0)" } ?? state }

  /// The port for HTTP: the replicas of the second name have the ten after those of the first.
  func port(of member: UpMember) -> Int { member.service.port(base: portBase(of: member.replica)) }

  /// The address of a process's pages.
  func address(of member: UpMember) -> String {
    member.service.address(base: portBase(of: member.replica))
  }

  private func portBase(of replica: String?) -> Int {
    portBase + UpReplicas.portsApart * (replica.flatMap { replicas?.names.firstIndex(of: $0) } ?? 0)
  }

  /// The addresses of the other services' pages that a service's pages show or link to.
  private func pages(of member: UpMember) -> [String] {
    let others: [Service] =
      switch member.service {
      case .alpha: [.overlord]
      case .overlord: [.alpha, .beta, .charlie]
      case .beta, .charlie: []
      }
    return others.flatMap {
      [
        "--\(member.service)-pages-\($0)",
        address(of: UpMember($0, replica: member.replica)),
      ]
    }
  }

  /// The database and the sockets of the replicas of each service.
  private func sharing(_ member: UpMember) -> [String] {
    guard let replicas, let replica = member.replica else { return [] }
    let service = member.service
    let folders = replicas.names.map { folder(of: $0) }
    return ["--\(service)-replica", replica]
      + service.followed.flatMap { stream in
        ["events", "log"].flatMap { socket in
          [
            "--\(service)-follow-\(stream)-\(socket)",
            folders.map { "ipc://\($0)/run/\(stream).\(socket)" }.joined(separator: ","),
          ]
        }
      }
  }

  /// What a process finds in its environment: the address may have a password, which every user of the
  /// machine could read among the arguments.
  func environment(
    _ member: UpMember, in databases: [Service: PostgreSQLAddress]
  ) -> [String: String] {
    guard let address = databases[member.service] else { return [:] }
    return ["\(member.service.rawValue.uppercased())_JOURNAL": address.uri]
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

  /// - Throws: 78, when the state folder has journals in files, which the replicas would not have.
  func checkMoved() throws(Failure) {
    guard replicas != nil else { return }
    for service in Service.allCases {
      let file = "\(state)/\(service)/\(Folders.journal)"
      guard programs.folders.exists(file) else { continue }
      throw Failure(
        .configuration,
        """
        \(file) is the journal of \(service), and the databases of --postgresql would begin without it. \
        Move it with `eventually move \(service) --to ADDRESS --state \(state)`, or choose another \
        folder with --state.
        """)
    }
  }

  /// The longest path of a socket address, in bytes.
  private static let longestPath = 107

  /// - Throws: 78, when a socket's path is longer than a socket address holds.
  func checkSockets() throws(Failure) {
    let paths = members.map { "\(folder(of: $0.replica))/run/\($0.service).events" }
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
