public import CoreMetrics
public import Courier
import Events
public import Journal
public import Logging
public import Runtime
public import Tracing

/// The parts that the shell passes to a service that is composed.
public struct Shell: Sendable {
  /// The configuration in force.
  ///
  /// A reload replaces it: read a key that is ``ConfigurationKey/reloadable`` at each use, and keep
  /// no value of it.
  public var configuration: ServiceConfiguration { current.now }
  /// Holds the configuration in force.
  let current: CurrentConfiguration
  /// The clock and the randomness; the service takes them from nowhere else.
  public let runtime: RuntimeContext
  /// Writes lines that name the service.
  public let logger: Logger
  /// The endpoints at which the service publishes its own stream.
  public let endpoints: StreamEndpoints
  /// The endpoints of the followed streams.
  public let followed: [StreamEndpoints]
  /// Where the service counts, with swift-metrics, in the metrics that it declares.
  ///
  /// It counts nothing where `<service>.metrics` is false.
  public var metrics: any MetricsFactory {
    serviceMetrics?.registry ?? NOOPMetricsHandler.instance
  }
  /// All metrics of the service; nil where `<service>.metrics` is false.
  package let serviceMetrics: ServiceMetrics?
  /// Where the service begins spans of its own, with swift-distributed-tracing.
  ///
  /// It records nothing where `<service>.traces.endpoint` is absent.
  public var tracer: any Tracer {
    guard let serviceTracer else { return NoOpTracer() }
    return serviceTracer
  }
  /// The tracer of the service; nil where no spans are exported.
  package let serviceTracer: ServiceTracer?
  private let place: ServiceJournal.Place
  /// Takes each commit of the journal before it is answered: the log of the outcomes of events.
  package var report: @Sendable (ServiceJournal.Commit) -> Void
  private let published: [any Event.Type]

  /// The folder that is this service's alone: its lock, its journal, and what else it keeps.
  public var stateFolder: String { configuration[StateKeys.folder] }

  /// A shell around nothing, for simulations and tests; the daemon makes its own.
  ///
  /// - Parameters:
  ///   - room: the service.
  ///   - configuration: its configuration.
  ///   - runtime: clock and randomness.
  ///   - logger: takes the log lines.
  ///   - journal: where the journal is kept; the configured place by default.
  public init(
    _ room: any Room.Type, configuration: ServiceConfiguration, runtime: RuntimeContext,
    logger: Logger, journal: ServiceJournal.Place? = nil
  ) {
    self.init(
      room, configuration: CurrentConfiguration(configuration), runtime: runtime, logger: logger,
      journal: journal)
  }

  /// A shell around a configuration that a reload changes.
  ///
  /// - Parameters: as those of the other initializer.
  init(
    _ room: any Room.Type, configuration current: CurrentConfiguration, runtime: RuntimeContext,
    logger: Logger, journal: ServiceJournal.Place? = nil
  ) {
    let configuration = current.now
    self.current = current
    self.runtime = runtime
    self.logger = logger
    serviceMetrics =
      configuration[MetricsKeys.isEnabled] ? ServiceMetrics(room, clock: runtime.now) : nil
    serviceTracer = ServiceTracer(
      room, configuration: configuration,
      instance: (Correlation.current ?? .beginning(in: runtime)).id, runtime: runtime,
      metrics: serviceMetrics?.registry)
    report = OutcomeLog(logger).callAsFunction
    published = room.publishes
    place = journal ?? configuration.journal
    endpoints = StreamEndpoints(
      stream: room.name, events: configuration[BusKeys.events],
      log: configuration[BusKeys.log],
      limits: BusLimits(
        heapBytes: configuration[BusKeys.heap] << 20,
        connectionsPerProcess: configuration[BusKeys.connections]))
    followed = room.follows.flatMap { stream in
      zip(
        configuration[FollowKeys.events(of: stream)], configuration[FollowKeys.log(of: stream)]
      ).map { events, log in
        StreamEndpoints(
          stream: stream, events: events, log: log, patience: configuration[FollowKeys.patience],
          owner: configuration[FollowKeys.owner(of: stream)])
      }
    }
  }

  /// The database of PostgreSQL that has the journal, without user and password; nil where it is a file.
  package var database: String? {
    if case .postgreSQL(let place) = place { place.address.description } else { nil }
  }

  /// The roles of this process in a journal.
  func roles(in journal: ServiceJournal, following streams: [String]) -> Roles {
    guard let replica = configuration.replica else { return .all }
    return Roles(of: replica, in: journal, following: streams, runtime: runtime, logger: logger)
  }

  /// Opens the service's journal with the shell's own table in it, and logs the outcomes of events
  /// in it.
  ///
  /// - Parameters:
  ///   - migrations: the design of the service's own tables.
  ///   - reactions: the service's reactions to events.
  /// - Throws: the journal's error, which names the file and the remedy; or `BadPin`.
  public func openJournal(migrations: [Migration] = [], reactions: Reactions = Reactions()) throws
    -> ServiceJournal
  {
    let journal = try ServiceJournal(
      place, of: configuration.service, migrations: [idempotencyMigration] + migrations,
      reactions: reactions,
      publishing: try Publishing(published, pins: configuration[PublishingKeys.pins()]),
      expecting: configuration.expectedConsumers, runtime: runtime,
      reporting: { [report, serviceMetrics, serviceTracer] commit in
        report(commit)
        serviceMetrics?.observe(commit)
        serviceTracer?.observe(commit)
      })
    for consumer in journal.registration.removed {
      logger.notice(
        """
        \(consumer.name) is no consumer any more: it is not in \(configuration.service).consumers. \
        It had acknowledged \(consumer.cursor), and nothing is kept for it
        """)
    }
    return journal
  }
}
