public import Events
import Glibc
public import Journal
public import ServiceLifecycle
import Tracing

/// A service, declared: its name, its streams, its keys, its tables, its reactions and its routes.
///
/// ```swift
/// public enum DeltaRoom: Room {
///   public static let name = "delta"
///   public static let port = 3995
///   public static let follows = ["alpha"]
///   public static let publishes: [any Event.Type] = [PointsGranted.self]
///   public static var migrations: [Migration] { Tables.migrations }
///   public static let reactions: Reactions = [...]
///   public static let api: [Route] = [...]
/// }
/// ```
///
/// Only the name and the port are required. The shell opens the journal, publishes its log and
/// follows the streams; ``compose(_:)`` does this, and a room implements it only
/// where it differs.
///
/// Its program is `import Daemon; import Delta; await DeltaRoom.main()`, or `@main` on the room.
public protocol Room: SendableMetatype {
  /// The service, its stream and the root of its configuration: lower-case letters and digits.
  static var name: String { get }
  /// The port that it listens on when nothing else is configured.
  static var port: Int { get }
  /// The streams that it follows; those of ``reactions`` by default.
  static var follows: [String] { get }
  /// The services that are expected to follow it, the default of `<service>.consumers`; none by
  /// default.
  static var followers: [String] { get }
  /// The events that it emits; none by default.
  static var publishes: [any Event.Type] { get }
  /// The consumers that only watch, for which events are kept for a limited time, the default of
  /// `<service>.retention.watchers`; none by default.
  static var watchers: [String] { get }
  /// Its keys beside those that every service has; none by default.
  static var keys: [any DeclaredKey] { get }
  /// The rules that its own tables keep, for `eventually verify`; none by default.
  static var checks: [JournalCheck] { get }
  /// The metrics that it counts with swift-metrics, beside those that every service has; none by
  /// default.
  static var metrics: [MetricDeclaration] { get }
  /// The gauges that are computed from its journal at each scrape of `/metrics`; none by default.
  static var gauges: [JournalGauge] { get }
  /// The output of `--version`.
  static var version: String { get }

  /// The design of its own tables, in order; none by default.
  static var migrations: [Migration] { get }
  /// The types of the events that its log keeps forever, by their declared names; none by default.
  static var keepsForever: Set<String> { get }
  /// The reactions to the events of other services; none by default.
  static var reactions: Reactions { get }
  /// The reactions, where they depend on the configuration; ``reactions`` by default.
  ///
  /// - Parameter shell: the configuration.
  static func reactions(in shell: Shell) -> Reactions
  /// The routes of its JSON API; none by default.
  static var api: [Route] { get }
  /// The routes of its JSON API, where they depend on the configuration; ``api`` by default.
  ///
  /// - Parameter shell: the configuration.
  static func api(in shell: Shell) -> [Route]
  /// Whether its pages are for operators alone; true by default.
  ///
  /// A service whose pages are for customers shows them no event of another customer: it has no
  /// `/health` and no pages of dead letters, and `/pane/health` has only their number.
  static var pagesAreForOperators: Bool { get }
  /// The look of its pages; nil, the default, for a service without pages.
  static func look(in shell: Shell) throws -> PageTemplates?
  /// The routes of its pages; none by default.
  ///
  /// They are asked for only if there is a look.
  static func pages(_ look: PageTemplates, in shell: Shell) -> [Route]
  /// The work of each start, before the service runs and before a route answers; none by default.
  ///
  /// It is repeated after a failure, and so must have its effect once.
  static func prepare(_ journal: ServiceJournal, in shell: Shell) throws
  /// The further services that run as long as the daemon does; none by default.
  ///
  /// They stop before the courier does.
  static func services(over journal: ServiceJournal, in shell: Shell) throws -> [any Service]

  /// Opens the journal, and makes all parts of the service from its declaration. Nothing runs yet.
  ///
  /// It is called again after a failure that passes, for example a lock or a full disk.
  ///
  /// - Throws: an error whose `FailureKind` is `requiresOperator`, for example ``StartError``: it
  ///   ends the daemon with status 78 and the error's sentence. After an error that passes, the
  ///   start waits. Any other error ends the daemon with status 1, and it is restarted.
  static func compose(_ shell: Shell) throws -> Assembly
}

/// The version of this system's own programs.
package let systemVersion = "0.1.0"

extension Room {
  /// The streams of the reactions that do not depend on the configuration.
  public static var follows: [String] { reactions.streams }
  /// None.
  public static var followers: [String] { [] }
  /// None.
  public static var publishes: [any Event.Type] { [] }
  /// None.
  public static var watchers: [String] { [] }
  /// None.
  public static var keys: [any DeclaredKey] { [] }
  /// None.
  public static var checks: [JournalCheck] { [] }
  /// None.
  public static var metrics: [MetricDeclaration] { [] }
  /// None.
  public static var gauges: [JournalGauge] { [] }
  /// That of the system.
  public static var version: String { systemVersion }
  /// None.
  public static var migrations: [Migration] { [] }
  /// None.
  public static var keepsForever: Set<String> { [] }
  /// None.
  public static var reactions: Reactions { [] }
  /// Those that do not depend on the configuration.
  public static func reactions(in shell: Shell) -> Reactions { reactions }
  /// None.
  public static var api: [Route] { [] }
  /// Those that do not depend on the configuration.
  public static func api(in shell: Shell) -> [Route] { api }
  /// They are for operators.
  public static var pagesAreForOperators: Bool { true }
  /// No pages.
  public static func look(in shell: Shell) throws -> PageTemplates? { nil }
  /// None.
  public static func pages(_ look: PageTemplates, in shell: Shell) -> [Route] { [] }
  /// No work.
  public static func prepare(_ journal: ServiceJournal, in shell: Shell) throws {}
  /// None.
  public static func services(over journal: ServiceJournal, in shell: Shell) throws
    -> [any Service]
  {
    []
  }
}

extension Room {
  /// Runs the service as this process, until a signal or a failure ends it, and exits.
  ///
  /// A program begins on the main actor. The process is prepared there, before the runtime opens
  /// descriptors of its own.
  @MainActor
  public static func main() async {
    let hangup = Hangup.ignored()
    prepareProcess()
    // The main task has the priority of a user's interface, and a task that it waited for would get
    // it too: threads that the system refuses to a service.
    Task.detached(priority: .medium) { await run(hangup) }
    await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
  }

  /// No part of the service runs on the main actor.
  private static func run(_ hangup: Hangup) async -> Never {
    let status = await hangup.takingRequests { requests in
      var launch = Launch(.ofThisProcess())
      PassedSocket.removeVariables()
      launch.reloads = requests
      launch.onTracing = { InstrumentationSystem.bootstrap($0) }
      return await launch.run(Self.self)
    }
    // Not `exit`: it destroys the globals of C++ libraries, which threads that still end may use.
    fflush(nil)
    _exit(status.code)
  }
}
