public import Courier
public import Journal
public import ServiceLifecycle

/// A service put together: what the shell runs, serves and asks.
public struct Assembly: Sendable {
  /// The service's journal.
  ///
  /// The shell closes it, last of all.
  public let journal: ServiceJournal
  /// How it stands with the streams that it follows, now.
  ///
  /// One that is not ready keeps the service from being ready.
  public let subscriptions: @Sendable () -> [Subscription]
  /// The types of the events that its log keeps for ever, by their declared names.
  public let keepsForever: Set<String>
  /// What runs as long as the daemon does.
  ///
  /// They are stopped in reverse order, after HTTP.
  public let services: [any Service]
  /// What it answers over HTTP, beside what every service answers.
  public let routes: [Route]
  /// The look of its pages, in which refusals are shown to people too.
  public let pages: PageTemplates?

  /// How its stream is served, now; nil where none of its parts serves it.
  var serving: ServingStatus? {
    services.lazy.compactMap { $0 as? any StreamServer }.first?.serving
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
