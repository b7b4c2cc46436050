import Glibc
import UnixSignals

/// The meaning of a hangup (SIGHUP) for a daemon: a request to reload its configuration, or the end
/// of the terminal that it belongs to.
struct Hangup: Sendable {
  /// Whether the daemon ends with its terminal: it has one, and was not started by `nohup`.
  private let endsWithTerminal: Bool

  /// Has hangups ignored until requests are taken.
  ///
  /// Call it in the first statement of the program: a hangup ends a process by default.
  static func ignored() -> Hangup {
    var before = sigaction()
    sigaction(SIGHUP, nil, &before)
    signal(SIGHUP, SIG_IGN)
    // SIG_IGN is the number 1, which is no function to call or to compare.
    let wasIgnored = unsafeBitCast(before.__sigaction_handler.sa_handler, to: Int.self) == 1
    return Hangup(endsWithTerminal: !wasIgnored && hasTerminal())
  }

  /// Takes hangups while `body` runs.
  ///
  /// A hangup of the terminal is passed on as SIGTERM, once: a second one would end the daemon at once.
  ///
  /// - Parameter body: gets the requests to reload. Those that come before the last was taken are one.
  func takingRequests<Value: Sendable>(
    _ body: (AsyncStream<Void>) async -> Value
  ) async -> Value {
    let (requests, request) = AsyncStream.makeStream(
      of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let hangups = await UnixSignalsSequence(trapping: .sighup)
    return await withTaskGroup(of: Void.self) { tasks in
      tasks.addTask {
        for await _ in hangups {
          guard endsWithTerminal, !Self.hasTerminal() else {
            request.yield()
            continue
          }
          kill(getpid(), SIGTERM)
          return
        }
      }
      let value = await body(requests)
      tasks.cancelAll()
      return value
    }
  }

  /// Whether this process belongs to a terminal that is open.
  private static func hasTerminal() -> Bool {
    let file = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)
    guard file >= 0 else { return errno != ENXIO && errno != EIO && errno != ENOENT }
    close(file)
    return true
  }
}
