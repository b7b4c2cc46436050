public import Courier
public import Journal
public import ServiceLifecycle

/// A composed service: the parts that the shell runs, serves and asks.
public struct Assembly: Sendable {
  /// The service's journal.
  ///
  /// The shell closes it, last of all.
  public let journal: ServiceJournal
  /// The present states of the followed streams.
  ///
  /// A stream that is not ready keeps the service from being ready.
  public let subscriptions: @Sendable () -> [Subscription]
  /// The types of the events that its log keeps forever, by their declared names.
  public let keepsForever: Set<String>
  /// The parts that run as long as the daemon.
  ///
  /// They are stopped in reverse order, after HTTP.
  public let services: [any Service]
  /// Its routes over HTTP, beside those of every service.
  public let routes: [Route]
  /// The look of its pages, in which refusals are shown to people too.
  public let pages: PageTemplates?

  /// Whether its pages are for operators alone; see ``Room/pagesAreForOperators``.
  var pagesAreForOperators = true
  /// The version of the program; nil where no program runs the service.
  var version: String?
  /// The metrics of the service; nil where it has none.
  package var metrics: ServiceMetrics?
  /// The tracer of the service; nil where no spans are exported.
  package var tracer: ServiceTracer?
  /// How far the followers, and this service itself, were behind in the last minutes.
  package var lagHistory = LagHistory()

  /// The roles that this process has among the replicas of the service.
  package var roles: Roles {
    services.lazy.compactMap { $0 as? ServiceCourier }.first?.roles ?? .all
  }

  /// The present state of serving its stream; nil where no part serves it.
  var serving: ServingStatus? { streamServer?.serving }

  /// The part that serves its stream.
  var streamServer: (any StreamServer)? {
    services.lazy.compactMap { $0 as? any StreamServer }.first
  }

  /// A service put together.
  public init(
    journal: ServiceJournal, subscriptions: @escaping @Sendable () -> [Subscription] = { [] },
    keepsForever: Set<String> = [], services: [any Service] = [], routes: [Route] = [],
    pages: PageTemplates? = nil
  ) {
    self.journal = journal
    self.subscriptions = subscriptions
    self.keepsForever = keepsForever
    self.services = services
    self.routes = routes
    self.pages = pages
  }
}
