import Glibc
import Logging
import NIOCore
import NIOPosix
import Runtime
import ServiceLifecycle
import Synchronization

/// Serves HTTP on a Unix socket beside the main listener, until it is shut down: then its file is
/// removed.
///
/// A failure that may pass, for example missing descriptors or space, is waited for. A socket whose
/// file was removed or replaced is made again, as those of the bus are.
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
    let binding = SocketBinding()
    let driver = RetryDriver(
      untilShutdown: Retrying(HTTPServer.backoff, reporting: .firstFailure),
      runtime: channel.responder.runtime)
    try await driver.runUntilShutdown(
      {
        try await listen(binding)
        unlink(path)
      }, reason: { binding.wasMade || $0 is IOError ? sentence($0) : nil },
      report: { decision in
        guard decision.isLogged else { return }
        logger.warning(
          "\(decision.reason) It is tried again until then.",
          metadata: ["event.action": "\(action)-waits"])
      })
  }

  private func listen(_ binding: SocketBinding) async throws {
    do {
      try await HTTPListener(place: .path(path), channel: channel).run { server in
        binding.watch(path, of: server)
        onListening(path)
        logger.info(
          "\(purpose) are answered on \(path)", metadata: ["event.action": "\(action)"])
      }
      if binding.isLost { throw LostSocketFile() }
    } catch let error as IOError
      where Self.lasting.contains(error.errnoCode) && !binding.wasMade
    {
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

/// The file of a listening socket is gone, or is another one: no client finds the socket.
private struct LostSocketFile: Error, CustomStringConvertible {
  let description = "its file was removed or replaced"
}

/// Whether the file of a listening socket is still the one that was made for it.
private final class SocketBinding: Sendable {
  private enum State {
    case never, made, lost
  }

  private static let pause = TimeAmount.seconds(1)
  private let state = Mutex(State.never)

  /// Whether the socket was made once: its folder was right, and may be again.
  var wasMade: Bool { state.withLock { $0 != .never } }
  var isLost: Bool { state.withLock { $0 == .lost } }

  /// Looks at the file as long as the socket listens, and closes the socket without it.
  func watch(_ path: String, of server: any Channel) {
    state.withLock { $0 = .made }
    let made = FileStatus(at: path)?.identity
    server.eventLoop.scheduleRepeatedTask(initialDelay: Self.pause, delay: Self.pause) { task in
      guard server.isActive else { return task.cancel() }
      guard FileStatus(at: path)?.identity != made else { return }
      self.state.withLock { $0 = .lost }
      task.cancel()
      server.close(promise: nil)
    }
  }
}
