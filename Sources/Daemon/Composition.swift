import Courier
public import Journal
public import ServiceLifecycle

extension Room {
  /// Makes the service from its declaration.
  public static func compose(_ shell: Shell) throws -> Assembly {
    try compose(shell) { try services(over: $0, in: shell) }
  }

  /// Makes the service from its declaration, with other further services than the declared ones,
  /// for example around a test's own gateway.
  ///
  /// - Parameters:
  ///   - shell: the configuration, the clock and the randomness.
  ///   - services: makes the further services over the opened journal.
  /// - Throws: as ``Room/compose(_:)`` does.
  public static func compose(
    _ shell: Shell, running services: (ServiceJournal) throws -> [any Service]
  ) throws -> Assembly {
    let reactions = reactions(in: shell)
    let unfollowed = reactions.streams.filter { !follows.contains($0) }
    precondition(
      unfollowed.isEmpty, "\(name) reacts to \(unfollowed.joined(separator: ", ")): add to follows")
    let journal = try shell.openJournal(migrations: migrations, reactions: reactions)
    try prepare(journal, in: shell)
    let roles = shell.roles(in: journal, following: follows)
    let courier = ServiceCourier(
      journal: journal, own: shell.endpoints, following: shell.followed, roles: roles,
      runtime: shell.runtime, logger: shell.logger)
    let work = try services(journal).map { service in
      roles.replica == nil ? service : HeldService(role: .work, roles: roles, work: service.run)
    }
    let look = try look(in: shell)
    let pages = look.map { Self.pages($0, in: shell) } ?? []
    return Assembly(
      journal: journal, subscriptions: { courier.subscriptions }, keepsForever: keepsForever,
      services: [courier] + work, routes: api(in: shell) + pages, pages: look)
  }

  /// Makes the service, with its metrics and its tracer.
  package static func assemble(_ shell: Shell) throws -> Assembly {
    var assembly = try compose(shell)
    assembly.pagesAreForOperators = pagesAreForOperators
    assembly.version = version
    assembly.metrics = shell.serviceMetrics
    assembly.tracer = shell.serviceTracer
    return assembly
  }
}
