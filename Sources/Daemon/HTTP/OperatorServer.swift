import Glibc
import HTTPTypes
import Journal
import Logging
import ServiceLifecycle

/// Answers the commands of operators on a Unix socket of the run directory's group:
/// `RUN/alpha.operator`.
///
/// Over TCP any user of the machine can send a request, so these commands are refused there.
struct OperatorServer: Service {
  /// The number of commands that are served at once.
  private static let connections = 16

  private let path: String
  private let responder: Responder
  private let service: String
  private let logger: Logger

  /// - Parameters:
  ///   - assembly: the service.
  ///   - configuration: its configuration.
  ///   - responder: the responder of the main listener, which has other routes.
  init(_ assembly: Assembly, configuration: ServiceConfiguration, beside responder: Responder) {
    path = configuration.operatorSocket
    service = configuration.service
    logger = responder.logger
    let routes = operatorRoutes(assembly) + [busRoute(assembly, operatorSocket: path)]
    self.responder = responder.serving(routes + [OpenAPIDocument.route(describing: routes)])
  }

  /// - Throws: as ``SocketServer/run()`` does.
  func run() async throws {
    guard socketAddress(path) != nil else { return try await runWithout() }
    let access = OperatorAccess(path)
    try await SocketServer(
      path: path, purpose: "operators' commands", action: "operating",
      remedy: "Check its folder, or move it away and restart.",
      channel: HTTPChannel(responder: responder, listener: listener(access)), logger: logger
    ) { path in
      // The check of each client remains where the file cannot be given to the group.
      _ = lchown(path, uid_t.max, access.group)
      chmod(path, 0o660)
    }.run()
  }

  /// The bus needs a shorter path: the service works without operators' commands.
  private func runWithout() async throws {
    logger.warning(
      """
      operators' commands are not possible: \(path) has \(path.utf8.count) bytes, and the path of a \
      socket has at most 107. Use a shorter run directory.
      """, metadata: ["event.action": "operating-waits"])
    try await gracefulShutdown()
  }

  private func listener(_ access: OperatorAccess) -> ConnectionHandler.Listener {
    let admission = Admission(routes: responder.routes, service: service)
    return ConnectionHandler.Listener(
      connections: Connections(limit: Self.connections, clientLimit: Self.connections),
      admission: { head, peers in
        access.refusal(of: peers.credentials) ?? admission.refusal(of: head, from: peers)
      }, logger: logger)
  }
}

extension ServiceConfiguration {
  /// The path of the socket for operators.
  var operatorSocket: String { "\(runFolder)/\(service).operator" }
}

extension Responder {
  /// The same responder with other routes.
  fileprivate func serving(_ routes: [Route]) -> Responder {
    var responder = self
    responder.routes = routes
    return responder
  }
}

/// The users whose commands are accepted: root, the daemon's own user, and the members of the run
/// directory's group.
struct OperatorAccess: Hashable, Sendable {
  let user: uid_t
  let group: gid_t

  /// The refusal of a client; nil where its commands are accepted.
  func refusal(of peer: PeerCredentials?) -> Problem? {
    guard let peer else {
      return .notAnOperator("a user that the system does not name", group: group)
    }
    let isAdmitted = peer.user == 0 || peer.user == user || peer.groups.contains(group)
    return isAdmitted ? nil : .notAnOperator(userName(peer.user), group: group)
  }
}

extension OperatorAccess {
  /// The access to a socket of this process.
  init(_ path: String) {
    var folder = stat()
    let parent = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    let isThere = stat(parent.joined(separator: "/") + "/", &folder) == 0
    self.init(user: geteuid(), group: isThere ? folder.st_gid : getegid())
  }
}

extension Route {
  /// A route that refuses what this one does, where any user of the machine can ask.
  ///
  /// - Parameter socket: the path of the socket for operators.
  func onlyForOperators(of service: String, at socket: String) -> Route {
    let group = OperatorAccess(socket).group
    return Route(
      method, path,
      .nothing { _ in throw Problem.operatorsOnly(of: service, at: socket, group: group) })
  }
}

extension Problem {
  fileprivate static func operatorsOnly(of service: String, at socket: String, group: gid_t)
    -> Problem
  {
    .forbidden(
      "operators-only",
      detail: "\(service) takes this command on the socket \(socket) alone.",
      remedy: """
        Use `eventually follow reset` or `eventually follow remove` on its machine, as root or as a \
        member of \(groupName(group)).
        """)
  }

  fileprivate static func notAnOperator(_ user: String, group: gid_t) -> Problem {
    .forbidden(
      "not-an-operator", detail: "The command comes from \(user).",
      remedy: "Run it as root, or as a member of \(groupName(group)).")
  }
}

/// The name of a group, with the number; the number alone where it has no name.
private func groupName(_ id: gid_t) -> String {
  guard let entry = getgrgid(id), let name = entry.pointee.gr_name else { return "group \(id)" }
  return "group \(String(cString: name)) (\(id))"
}
