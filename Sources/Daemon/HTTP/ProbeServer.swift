import Events
import Glibc
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import Runtime
import ServiceLifecycle

/// Answers probes on a Unix socket of their own, which no limit of the main listener touches:
/// `curl --unix-socket RUN/alpha.probes http://localhost/readyz`.
///
/// A failure that may pass, for example missing descriptors or space, is waited for.
struct ProbeServer: Service {
  /// The number of probes that are served at once.
  private static let connections = 32

  let path: String
  let responder: Responder
  let service: String
  let logger: Logger

  /// - Throws: ``StartError`` when the socket cannot be made until the configuration or its folder
  ///   is another one.
  func run() async throws {
    let driver = RetryDriver(
      untilShutdown: Retrying(HTTPServer.backoff, reporting: .firstFailure),
      runtime: responder.runtime)
    try await driver.runUntilShutdown(
      {
        try await listen()
        unlink(path)
      }, reason: { ($0 as? IOError).map(sentence) },
      report: { decision in
        guard decision.isLogged else { return }
        logger.warning(
          "\(decision.reason) It is tried again until then.",
          metadata: ["event.action": "probing-waits"])
      })
  }

  private func listen() async throws {
    do {
      try await server().run()
    } catch let error as IOError where Self.lasting.contains(error.errnoCode) {
      throw StartError(sentence(error))
    }
  }

  private func sentence(_ error: IOError) -> String {
    """
    the socket \(path) for probes cannot be made (\(error)). Check its folder, or set \
    \(service).http.probes to another path.
    """
  }

  private static let lasting = [EACCES, EPERM, ENOENT, ENOTDIR, EROFS, ENAMETOOLONG]

  private func server() -> Server<HTTPChannel> {
    var quiet = logger
    quiet.logLevel = max(logger.logLevel, .warning)
    return Server(
      childChannelSetup: HTTPChannel(responder: responder, listener: listener),
      configuration: .init(address: .unixDomainSocket(path: path)),
      onServerRunning: { channel in
        try? await channel.pipeline.addHandler(AcceptPause(), position: .first).get()
        logger.info("probes are answered on \(path)", metadata: ["event.action": "probing"])
      },
      eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: quiet)
  }

  private var listener: ConnectionHandler.Listener {
    let admission = Admission(routes: responder.routes, service: service)
    return ConnectionHandler.Listener(
      connections: Connections(limit: Self.connections, clientLimit: Self.connections),
      admission: admission.refusal, logger: logger)
  }
}
