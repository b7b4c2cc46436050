import Glibc
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle

/// Serves a service's routes over HTTP/1.1, until it is shut down: then it accepts nothing more,
/// and ends when the requests in progress are answered.
struct HTTPServer: Service {
  let configuration: ServiceConfiguration
  let responder: Responder
  let logger: Logger
  /// Told the port, once it is bound.
  var onListening: @Sendable (Int) -> Void = { _ in }

  /// - Throws: ``StartError`` when the address cannot be listened on until somebody mends it, or
  ///   another error that names it.
  func run() async throws {
    do {
      try await application.run()
    } catch let error
      where error is IOError || error is SocketAddressError
      || error is SocketAddressError.UnknownHost
    {
      throw failure(error)
    }
  }

  /// What the system's error is for whoever started the daemon: an address that is taken, forbidden
  /// or wrong stays so.
  func failure(_ error: any Error) -> any Error {
    let lasting = [EADDRINUSE, EACCES, EPERM, EADDRNOTAVAIL, EAFNOSUPPORT, EINVAL]
    let isLasting = (error as? IOError).map { lasting.contains($0.errnoCode) } ?? true
    let sentence = sentence(for: error)
    return isLasting ? StartError(sentence) : StartFailure(sentence)
  }

  private var application: Application<Responder> {
    // Its own lines about starting and requests say what ours say better.
    var quiet = logger
    quiet.logLevel = max(logger.logLevel, .warning)
    return Application(
      responder: responder,
      server: .http1(configuration: HTTP1Channel.Configuration(idleTimeout: .seconds(60))),
      configuration: ApplicationConfiguration(
        address: .hostname(host, port: configuration.int("http.port")),
        // Clients must not take the file descriptors that the journal and the sockets need.
        availableConnectionsDelegate: MaximumAvailableConnections(
          configuration.int("http.connections"), logger: quiet)),
      onServerRunning: { channel in
        try? await channel.pipeline.addHandler(AcceptPause(), position: .first).get()
        let port = channel.localAddress?.port ?? 0
        logger.notice("listening on \(address(port))", metadata: ["event.action": "listening"])
        onListening(port)
      },
      logger: quiet)
  }

  private var host: String { configuration.string("http.host") }

  private func address(_ port: Int) -> String {
    "http://\(host.contains(":") ? "[\(host)]" : host):\(port)"
  }

  private func sentence(for error: any Error) -> String {
    let port = configuration.int("http.port")
    let key = "\(configuration.service).http"
    switch (error as? IOError)?.errnoCode {
    case EADDRINUSE?:
      return """
        \(host):\(port) is in use by another program. Stop that, or set \(key).port to another \
        port (0 is any free one).
        """
    case EACCES?:
      return "\(host):\(port) may not be listened on. Set \(key).port to a port from 1024 on."
    default:
      return "\(host):\(port) cannot be listened on (\(error)). Check \(key).host and \(key).port."
    }
  }
}
