public import Events
import Glibc
public import Journal

/// A service, as the shell that runs it sees it: a name, what it follows, its keys, and how it is
/// put together.
///
/// ```swift
/// public enum DeltaRoom: Room {
///   public static let name = "delta"
///   public static let port = 3995
///   public static let follows = ["alpha"]
///   public static let followers = ["overlord"]
///   public static let publishes: [any Event.Type] = [PointsGranted.self]
///   public static func compose(_ shell: Shell) throws -> Assembly { ... }
/// }
/// ```
///
/// Its program is `import Delta; import Daemon; prepareProcess(); await DeltaRoom.main()`.
public protocol Room: SendableMetatype {
  /// The service, its stream and the root of its configuration: lower-case letters and digits.
  static var name: String { get }
  /// The port that it listens on when nothing else is configured.
  static var port: Int { get }
  /// The streams that it follows.
  static var follows: [String] { get }
  /// Who is expected to follow it, the default of `<service>.consumers`.
  static var followers: [String] { get }
  /// The events that it emits; none by default.
  static var publishes: [any Event.Type] { get }
  /// Those of them who only watch, and for whom events are kept for a time at most, the default of
  /// `<service>.retention.watchers`; none by default.
  static var watchers: [String] { get }
  /// Its keys beside those that every service has; none by default.
  static var keys: [ConfigurationKey] { get }
  /// The rules that its own tables keep, for `eventually verify`; none by default.
  static var checks: [JournalCheck] { get }
  /// What `--version` prints.
  static var version: String { get }

  /// Opens the journal, and makes all that the service consists of. Nothing runs yet.
  ///
  /// It is called again when it fails for a reason that passes by itself, for example a lock or a
  /// full disk.
  ///
  /// - Throws: an error whose `FailureKind` is `requiresOperator`, for example ``StartError``: it
  ///   ends the daemon with status 78 and the error's sentence. One that passes is waited for. Any
  ///   other ends it with status 1, and it is started again.
  static func compose(_ shell: Shell) throws -> Assembly
}

/// The version of this system's own programs.
package let systemVersion = "0.1.0"

extension Room {
  /// None.
  public static var publishes: [any Event.Type] { [] }
  /// None.
  public static var watchers: [String] { [] }
  /// None.
  public static var keys: [ConfigurationKey] { [] }
  /// None.
  public static var checks: [JournalCheck] { [] }
  /// That of the system.
  public static var version: String { systemVersion }

  /// Runs the service as this process, until a signal or a failure ends it, and exits.
  ///
  /// A program's top-level code runs on the main actor; nothing of the service does.
  @concurrent
  public static func main() async {
    prepareProcess()
    let status = await Launch(.ofThisProcess()).run(Self.self)
    exit(status.code)
  }
}
