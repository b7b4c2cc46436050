import Logging
import ServiceLifecycle

extension Launch {
  /// Answers probes, and everything else with 503, while the start of a service waits.
  ///
  /// - Parameter error: what the start waits for.
  func standIn(for error: any Error, _ configuration: ServiceConfiguration, _ logger: Logger)
    -> ServiceGroup
  {
    let state = Readiness.State(reasons: ["the start waits: \(error)"], stopped: 0, away: [])
    let responder = Responder(
      routes: probeRoutes { state }, surroundings: surroundings, logger: logger)
    // The service itself says where it listens.
    var quiet = logger
    quiet.logLevel = max(logger.logLevel, .warning)
    let probes = ProbeServer(
      path: configuration.string("http.probes"), responder: responder,
      service: configuration.service, logger: quiet)
    let server = HTTPServer(
      configuration: configuration, responder: responder, logger: quiet,
      starting: .starting("\(error)"))
    // Any free port would be another one than that of the service.
    let hasPort = configuration.int("http.port") != 0
    var settings = ServiceGroupConfiguration(
      services: hasPort ? [probes, server] : [probes], logger: quiet)
    settings.maximumGracefulShutdownDuration = .seconds(1)
    settings.maximumCancellationDuration = .seconds(1)
    return ServiceGroup(configuration: settings)
  }
}
