import Glibc
import Logging
import NIOCore
import NIOPosix
import Runtime
import ServiceLifecycle

/// Serves HTTP on a Unix socket beside the main listener, until it is shut down: then its file is
/// removed.
///
/// A failure that may pass, for example missing descriptors or space, is waited for.
struct SocketServer {
  let path: String
  /// The use of the socket, in the plural: `probes`.
  let purpose: String
  /// The action of its log lines.
  let action: String
  /// The remedy where the socket cannot be made.
  let remedy: String
  let channel: HTTPChannel
  let logger: Logger
  /// Called with the path, once connections are accepted.
  var onListening: @Sendable (_ path: String) -> Void = { _ in }

  /// - Throws: ``StartError`` when the socket cannot be made until the configuration or its folder
  ///   is another one.
  func run() async throws {
    let driver = RetryDriver(
      untilShutdown: Retrying(HTTPServer.backoff, reporting: .firstFailure),
      runtime: channel.responder.runtime)
    try await driver.runUntilShutdown(
      {
        try await listen()
        unlink(path)
      }, reason: { ($0 as? IOError).map(sentence) },
      report: { decision in
        guard decision.isLogged else { return }
        logger.warning(
          "\(decision.reason) It is tried again until then.",
          metadata: ["event.action": "\(action)-waits"])
      })
  }

  private func listen() async throws {
    do {
      try await HTTPListener(place: .path(path), channel: channel).run { _ in
        onListening(path)
        logger.info(
          "\(purpose) are answered on \(path)", metadata: ["event.action": "\(action)"])
      }
    } catch let error as IOError where Self.lasting.contains(error.errnoCode) {
      throw StartError(sentence(error))
    } catch let error as UnixDomainSocketPathWrongType {
      throw StartError(sentence(error))
    }
  }

  private func sentence(_ error: any Error) -> String {
    "the socket \(path) for \(purpose) cannot be made (\(error)). \(remedy)"
  }

  private static let lasting = [EACCES, EPERM, ENOENT, ENOTDIR, EROFS, ENAMETOOLONG]
}
