import Courier
import Glibc
import Journal
import Logging
import ServiceLifecycle
import UnixSignals

extension Launch {
  /// Runs the parts of a service, until a signal, or the first failure of a part.
  ///
  /// Shut down in reverse: HTTP finishes what it has begun, then the service's own parts end, and
  /// the watch over the journal and the log of its obstacles last.
  func run(
    _ assembly: Assembly, configuration: CurrentConfiguration, supervisor: Supervisor,
    passed: PassedSocket?, logger: Logger, onStopping: @escaping @Sendable () -> Void
  ) async throws {
    let listener = ListenerState()
    let space = FreeSpace(
      configuration[StateKeys.folder], limits: { SpaceLimits(configuration.now) },
      service: configuration.service, runtime: runtime, logger: logger)
    let readiness = Readiness(assembly, listener: listener, space: space)
    let responder = responder(
      assembly, readiness: readiness, space: space, configuration: configuration, logger: logger)
    let server = HTTPServer(
      configuration: configuration, responder: responder, logger: logger, state: listener,
      passed: passed, onListening: onListening)
    let operators = OperatorServer(assembly, configuration: configuration.now, beside: responder)
    let probes = ProbeServer(
      path: configuration[HTTPKeys.probes],
      responder: Responder(
        routes: probeRoutes { readiness.now }, runtime: runtime, logger: logger),
      service: configuration.service, logger: logger)
    let status = DaemonStatus(assembly, configuration: configuration, readiness: readiness)
    let reports = LifecycleReports(supervisor, status: status)
    let report = ReadinessReport(
      readiness: readiness, assembly: assembly, supervisor: supervisor, reports: reports,
      runtime: runtime, logger: logger)
    let watchdog = Watchdog(
      assembly, status: status, supervisor: supervisor, runtime: runtime, logger: logger)
    let upkeep = JournalUpkeep(
      assembly, configuration: configuration, runtime: runtime, logger: logger)
    let reload = Reload(
      requests: reloads, configuration: configuration, reports: reports, runtime: runtime,
      logger: logger, onChange: upkeep.change)
    let services: [any Service] =
      SpanExport.services(assembly.tracer, runtime: runtime, logger: logger) + [
        ObstacleLog(assembly.journal, logger: logger), JournalWatch(journal: assembly.journal),
        HeldService(role: .upkeep, roles: assembly.roles, work: upkeep.run),
        SpaceWatch(space: space, journal: assembly.journal, runtime: runtime),
        LagWatch(assembly: assembly, runtime: runtime), reload, probes, watchdog,
      ] + assembly.roles.services + assembly.services + [operators, server, report]
    try await run(services, logger: logger, onStopping: onStopping)
  }

  private func responder(
    _ assembly: Assembly, readiness: Readiness, space: FreeSpace,
    configuration: CurrentConfiguration, logger: Logger
  ) -> Responder {
    return Responder(
      routes: commonRoutes(
        assembly, readiness: readiness, droppedLines: { [log] in log.dropped },
        operatorSocket: configuration.now.operatorSocket) + assembly.routes,
      journal: assembly.journal, pages: assembly.pages,
      patience: { configuration[HTTPKeys.patience] }, runtime: runtime, logger: logger,
      security: { SecurityHeaders(embedders: configuration[HTTPKeys.embedders]) },
      metrics: assembly.metrics,
      streams: StreamPlaces(limit: configuration[HTTPKeys.streams]) { [assembly] in
        assembly.metrics?.observe(openStreams: $0)
      }, tracer: assembly.tracer, spaceProblem: space.problem)
  }

  /// Runs before any new event is received: the rules and the readers of this version may accept
  /// events that the last version could not.
  ///
  /// A replica does so when it begins to follow a stream.
  func takeUpWhatWaits(in assembly: Assembly, logger: Logger) throws {
    guard assembly.roles.replica == nil else { return }
    do {
      try assembly.journal.retryDeferred()
    } catch let loss as HistoryLost {
      logger.debug("\(loss)")
    }
  }

  private func run(
    _ services: [any Service], logger: Logger, onStopping: @escaping @Sendable () -> Void
  ) async throws {
    // At debug the group writes out every part of the service, with its configuration.
    var quiet = logger
    quiet.logLevel = max(logger.logLevel, .warning)
    var settings = ServiceGroupConfiguration(services: services, logger: quiet)
    settings.maximumGracefulShutdownDuration = .seconds(8)
    settings.maximumCancellationDuration = .seconds(2)
    let group = ServiceGroup(configuration: settings)
    let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      tasks.addTask { await stop(group, at: signals, onStopping: onStopping) }
      try await tasks.next()
      tasks.cancelAll()
    }
  }

  /// The first signal asks the services to finish; the second ends the process at once.
  private func stop(
    _ group: ServiceGroup, at signals: UnixSignalsSequence, onStopping: @Sendable () -> Void
  ) async {
    var asked = false
    for await signal in signals {
      guard !asked else { _exit(128 + signal.rawValue) }
      asked = true
      onStopping()
      await group.triggerGracefulShutdown()
    }
  }
}
