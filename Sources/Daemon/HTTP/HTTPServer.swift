import Events
import Glibc
import Logging
import NIOCore
import NIOPosix
import Runtime
import ServiceLifecycle

/// Serves a service's routes over HTTP/1.1, until it is shut down: then it accepts nothing more,
/// and ends when the requests in progress are answered.
///
/// It waits for an address that is taken, or that the machine does not have yet.
struct HTTPServer: Service {
  /// The pauses between attempts to listen.
  static let backoff = Backoff(first: .milliseconds(100), longest: .seconds(5))

  let configuration: CurrentConfiguration
  let responder: Responder
  let logger: Logger
  var state = ListenerState()
  /// The socket that the supervisor has passed; nil where the address is bound here.
  var passed: PassedSocket?
  /// The reason for which only probes are answered yet; nil once the service has started.
  var starting: @Sendable () -> Problem? = { nil }
  /// Called with the port, once it is bound.
  var onListening: @Sendable (Int) -> Void = { _ in }

  /// - Throws: ``StartError`` when the address cannot be listened on until the configuration is
  ///   another one, or another error that names it.
  func run() async throws {
    let channel = HTTPChannel(responder: responder, listener: listener)
    let driver = RetryDriver(
      untilShutdown: Retrying(Self.backoff, reporting: .firstFailure), runtime: responder.runtime)
    try await driver.runUntilShutdown(
      { try await listen(channel) }, reason: { ($0 as? BindFailure)?.sentence },
      report: { decision in
        guard decision.isLogged else { return }
        logger.warning(
          "\(decision.reason) It is tried again until then.",
          metadata: ["event.action": "listening-waits"])
      })
  }

  /// - Throws: ``BindFailure`` where the address may be listened on later.
  private func listen(_ channel: HTTPChannel) async throws {
    do {
      try await HTTPListener(place: place, channel: channel).run { channel in
        let port = channel.localAddress?.port ?? 0
        state.value = .listening
        logListening(at: channel.localAddress)
        onListening(port)
      }
    } catch let error
      where error is IOError || error is SocketAddressError
      || error is SocketAddressError.UnknownHost
    {
      let failure = BindFailure(error, configuration: configuration.now)
      guard failure.passes else { throw failure.ending }
      state.value = .waiting("HTTP does not listen: \(failure.reason)")
      throw failure
    }
  }

  private var place: HTTPListener.Place {
    passed.map { .passed($0) }
      ?? .address(host: configuration[HTTPKeys.host], port: configuration[HTTPKeys.port])
  }

  private func logListening(at address: SocketAddress?) {
    let host = passed.flatMap { _ in address?.ipAddress } ?? configuration[HTTPKeys.host]
    let origin = passed == nil ? "" : ", a socket from systemd"
    logger.notice(
      "listening on http://\(authority(host, port: address?.port ?? 0))\(origin)",
      metadata: ["event.action": "listening"])
  }

  private var listener: ConnectionHandler.Listener {
    let limit = configuration[HTTPKeys.connections]
    let ofClient = configuration[HTTPKeys.clientConnections]
    let limits = HTTPLimits(configuration.now)
    let admission = Admission(
      routes: responder.routes,
      names: { [configuration] in OwnNames(configuration.now) },
      rates: CommandRates(
        limits: { [configuration] in CommandRates.Limits(configuration.now) },
        uptime: responder.runtime.uptime),
      limits: limits, service: configuration.service, starting: starting)
    return ConnectionHandler.Listener(
      limits: limits,
      connections: Connections(
        limit: limit, clientLimit: ofClient == 0 ? max(1, limit / 2) : min(ofClient, limit)),
      admission: admission.refusal, logger: logger)
  }
}

extension OwnNames {
  fileprivate init(_ configuration: ServiceConfiguration) {
    self.init(host: configuration[HTTPKeys.host], names: configuration[HTTPKeys.names])
  }
}

extension CommandRates.Limits {
  fileprivate init(_ configuration: ServiceConfiguration) {
    self.init(
      remote: configuration[HTTPKeys.remoteRate], local: configuration[HTTPKeys.localRate])
  }
}

/// The reason for which an address cannot be bound.
struct BindFailure: Error {
  /// The cause, the end of a sentence.
  let reason: String
  /// The cause and the remedy.
  let sentence: String
  /// Whether it may pass: the address is in use, or does not exist yet.
  let passes: Bool
  private let isLasting: Bool

  init(_ error: any Error, configuration: ServiceConfiguration) {
    let key = "\(configuration.service).http"
    let address = configuration.httpAddress(port: configuration[HTTPKeys.port])
    let code = (error as? IOError)?.errnoCode
    passes =
      code == EADDRINUSE || code == EADDRNOTAVAIL || error is SocketAddressError.UnknownHost
    isLasting = code.map { [EACCES, EPERM, EAFNOSUPPORT, EINVAL].contains($0) } ?? true
    switch code {
    case EADDRINUSE?:
      reason = "\(address) is in use by another program"
      sentence = """
        \(reason). Stop that, or set \(key).port to another port (0 is any free one).
        """
    case EADDRNOTAVAIL?:
      reason = "\(address) is not an address of this machine"
      sentence = "\(reason). Wait for its network, or check \(key).host."
    case EACCES?:
      reason = "\(address) may not be listened on"
      sentence = "\(reason). Set \(key).port to a port from 1024 on."
    case nil where error is SocketAddressError.UnknownHost:
      reason = "the host of \(address) has no address"
      sentence = "\(reason). Wait for the name service, or check \(key).host."
    default:
      reason = "\(address) cannot be listened on (\(error))"
      sentence = "\(reason). Check \(key).host and \(key).port."
    }
  }

  /// The error that ends the daemon.
  var ending: any Error { isLasting ? StartError(sentence) : StartFailure(sentence) }
}

extension ServiceConfiguration {
  /// The address of HTTP, `HOST:PORT`.
  fileprivate func httpAddress(port: Int) -> String {
    authority(self[HTTPKeys.host], port: port)
  }
}

private func authority(_ host: String, port: Int) -> String {
  "\(host.contains(":") ? "[\(host)]" : host):\(port)"
}
