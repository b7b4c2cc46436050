import Logging
import Synchronization

/// The configuration in force: a reload replaces it as a whole.
///
/// What reads a reloadable key reads it here at each use, and keeps no value.
final class CurrentConfiguration: Sendable {
  /// Reads the sources of the configuration again.
  typealias Reading = @Sendable () throws(ConfigurationProblems) -> ServiceConfiguration

  private struct State {
    var configuration: ServiceConfiguration
    var isRefused = false
  }

  private static let levels = Logger.Level.allCases

  private let state: Mutex<State>
  /// The index of ``logLevel``, apart from the rest, since each log line asks for it.
  private let level: Atomic<Int>
  private let read: Reading

  /// - Parameters:
  ///   - configuration: the configuration of the start.
  ///   - read: reads it again; it stays the same by default.
  init(_ configuration: ServiceConfiguration, read: Reading? = nil) {
    state = Mutex(State(configuration: configuration))
    level = Atomic(Self.index(configuration[LogKeys.level]))
    self.read = read ?? { () throws(ConfigurationProblems) in configuration }
  }

  /// The whole configuration, as it is now.
  var now: ServiceConfiguration { state.withLock { $0.configuration } }

  /// The value of a key now.
  subscript<Value>(key: ConfigurationKey<Value>) -> Value { now[key] }

  /// The service, which no reload changes.
  var service: String { now.service }

  /// The least that is logged.
  var logLevel: Logger.Level { Self.levels[level.load(ordering: .relaxed)] }

  /// Whether the last reload was refused.
  var isRefused: Bool { state.withLock { $0.isRefused } }

  /// Reads the configuration again, and puts all that is reloadable in force.
  ///
  /// - Returns: the differences to the configuration before.
  /// - Throws: everything that is wrong with it; nothing has changed then.
  func reload() throws(ConfigurationProblems) -> ConfigurationChanges {
    do {
      let changes = ConfigurationChanges(from: now, to: try read())
      state.withLock { $0 = State(configuration: changes.configuration) }
      level.store(Self.index(changes.configuration[LogKeys.level]), ordering: .relaxed)
      return changes
    } catch {
      state.withLock { $0.isRefused = true }
      throw error
    }
  }

  private static func index(_ level: Logger.Level) -> Int { levels.firstIndex(of: level) ?? 0 }
}
