public import Courier
public import Events
public import Journal
public import Logging
public import Runtime

/// The parts that the shell passes to a service that is composed.
public struct Shell: Sendable {
  /// The effective configuration.
  ///
  /// Values are asked for without the service: `http.port`.
  public let configuration: ServiceConfiguration
  /// The clock and the randomness; the service takes them from nowhere else.
  public let runtime: RuntimeContext
  /// Writes lines that name the service.
  public let logger: Logger
  /// The endpoints at which the service publishes its own stream.
  public let endpoints: StreamEndpoints
  /// The endpoints of the followed streams.
  public let followed: [StreamEndpoints]
  /// The work of the process's start.
  ///
  /// Actions of the service at its start that no request and no event caused belong to it.
  public let start: Correlation
  private let place: ServiceJournal.Place
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
  ///   - journal: where the journal is kept; the file `journal.sqlite` in the state folder by
  ///     default.
  ///   - start: the work that the start is; one of its own by default.
  public init(
    _ room: any Room.Type, configuration: ServiceConfiguration, runtime: RuntimeContext,
    logger: Logger, journal: ServiceJournal.Place? = nil, start: Correlation? = nil
  ) {
    self.configuration = configuration
    self.runtime = runtime
    self.logger = logger
    self.start = start ?? .beginning(in: runtime)
    published = room.publishes
    place = journal ?? .file(configuration[StateKeys.folder] + "/journal.sqlite")
    endpoints = StreamEndpoints(
      stream: room.name, events: configuration[BusKeys.events],
      log: configuration[BusKeys.log],
      limits: BusLimits(
        heapBytes: configuration[BusKeys.heap] << 20,
        connectionsPerProcess: configuration[BusKeys.connections]))
    followed = room.follows.map { stream in
      StreamEndpoints(
        stream: stream, events: configuration[FollowKeys.events(of: stream)],
        log: configuration[FollowKeys.log(of: stream)],
        patience: configuration[FollowKeys.patience],
        owner: configuration[FollowKeys.owner(of: stream)])
    }
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
      expecting: configuration.expectedConsumers, runtime: runtime)
    journal.log(to: logger)
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
