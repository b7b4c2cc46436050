import Logging
import ServiceLifecycle

/// Answers probes on a Unix socket of their own, which no limit of the main listener touches:
/// `curl --unix-socket RUN/alpha.probes http://localhost/readyz`.
struct ProbeServer: Service {
  /// The number of probes that are served at once.
  private static let connections = 32

  let path: String
  let responder: Responder
  let service: String
  let logger: Logger

  /// - Throws: as ``SocketServer/run()`` does.
  func run() async throws {
    try await SocketServer(
      path: path, purpose: "probes", action: "probing",
      remedy: "Check its folder, or set \(service).http.probes to another path.",
      channel: HTTPChannel(responder: responder, listener: listener), logger: logger
    ).run()
  }

  private var listener: ConnectionHandler.Listener {
    let admission = Admission(routes: responder.routes, service: service)
    return ConnectionHandler.Listener(
      connections: Connections(limit: Self.connections, clientLimit: Self.connections),
      admission: admission.refusal, logger: logger)
  }
}
