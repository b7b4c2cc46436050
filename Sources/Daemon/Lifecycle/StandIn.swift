import Logging
import ServiceLifecycle

extension Launch {
  /// Services that answer probes, and everything else with 503, while the start of a service waits.
  ///
  /// A person gets a page with the reason. Its script replaces it once the service has started.
  ///
  /// - Parameters:
  ///   - reason: the present obstacle of the start, a sentence with a remedy.
  ///   - room: the service.
  ///   - shell: the service's configuration.
  ///   - passed: the socket for HTTP that the supervisor has passed; nil without one.
  func standIn(
    for reason: @escaping @Sendable () -> String, of room: any Room.Type, in shell: Shell,
    passed: PassedSocket?
  ) -> [any Service] {
    let configuration = shell.current
    let logger = shell.logger
    let readiness: @Sendable () -> Readiness.State = {
      Readiness.State(reasons: ["the start waits: \(reason())"], stopped: 0, away: [])
    }
    let scrape = shell.serviceMetrics.map { metrics in
      Scrape(metrics: metrics, readiness: readiness, droppedLines: { [log] in log.dropped })
    }
    let pages = try? room.look(in: shell)
    let routes =
      probeRoutes(readiness) + (scrape.map { [$0.route] } ?? [])
      + (pages == nil ? [] : PageAsset.routes)
    let responder = Responder(
      routes: routes, pages: pages, runtime: runtime, logger: logger,
      security: { SecurityHeaders(embedders: configuration[HTTPKeys.embedders]) })
    // The service itself logs its address.
    var quiet = logger
    quiet.logLevel = max(logger.logLevel, .warning)
    let probes = ProbeServer(
      path: configuration[HTTPKeys.probes], responder: responder,
      service: configuration.service, logger: quiet)
    // Any free port would be another one than that of the service.
    guard configuration[HTTPKeys.port] != 0 || passed != nil else { return [probes] }
    let server = HTTPServer(
      configuration: configuration, responder: responder, logger: quiet, passed: passed,
      starting: { .starting(reason()) })
    return [probes, server]
  }
}
