import FoundationEssentials
import Logging
import ZeroMQ

/// Looks after the file of a bound `ipc://` endpoint.
///
/// Whoever removes it makes the socket unreachable, which nobody tells the one who bound it.
struct Rebinding: Sendable {
  private let endpoint: String
  private let logger: Logger
  private var isFailing = false

  /// - Parameter endpoint: as it was bound.
  init(_ endpoint: String, logger: Logger) {
    self.endpoint = endpoint
    self.logger = logger
  }

  /// Binds the endpoint again when its path has disappeared.
  ///
  /// Where that fails, it is tried again a second later: while nobody can connect, those who are
  /// connected are still served.
  mutating func check(
    _ rebind: nonisolated(nonsending) (String) async throws -> Void
  ) async throws {
    guard let path, !FileManager.default.fileExists(atPath: path) else { return }
    do {
      try await rebind(endpoint)
      isFailing = false
      logger.notice("\(path) had disappeared, and is bound again")
    } catch let error as ZeroMQError where error.code != .closed {
      if !isFailing { logger.error("\(path) has disappeared: \(error). It is tried every second") }
      isFailing = true
    }
  }

  /// Nil for another transport, and for a name that is no file.
  private var path: String? {
    guard endpoint.hasPrefix("ipc://"), !endpoint.hasPrefix("ipc://@") else { return nil }
    return String(endpoint.dropFirst("ipc://".count))
  }
}
