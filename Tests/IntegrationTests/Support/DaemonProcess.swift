import Glibc

/// The four services.
enum ServiceName: String, CaseIterable, Sendable {
  case alpha, beta, charlie, overlord

  /// Its executable.
  var program: String { rawValue + "d" }

  /// The streams that it follows.
  var follows: [ServiceName] {
    switch self {
    case .alpha: [.beta, .charlie]
    case .beta, .charlie: [.alpha]
    case .overlord: [.alpha, .beta, .charlie]
    }
  }
}

/// One run of one daemon, as a real process.
///
/// A service that is started again is another one.
struct DaemonProcess: Sendable {
  let service: ServiceName
  /// The name of the replica; nil where the service has one process.
  var replica: String?
  let child: ChildProcess
  /// The network on which it has a host of its own; nil for this machine's.
  var network: Network?

  var pid: pid_t { child.pid }
  /// Every line of its log so far.
  var lines: [OutputLine] { child.lines.all }

  /// Waits for a log line, written already or still to come: the barrier of the tests.
  ///
  /// ```swift
  /// try await alpha.logged("the capture") {
  ///   $0.message == "order.captured applied" && $0.orderID == order
  /// }
  /// ```
  @discardableResult
  func logged(
    _ what: String, after count: Int = 0, within limit: Duration = .seconds(20),
    where matches: @escaping @Sendable (OutputLine) -> Bool
  ) async throws -> OutputLine {
    try await child.line(what, after: count, within: limit, where: matches)
  }

  /// Waits for a line with this message, for example `order.captured applied`; about an order,
  /// where one is named.
  @discardableResult
  func logged(_ message: String, order: String? = nil, after count: Int = 0) async throws
    -> OutputLine
  {
    try await logged("“\(message)”\(order.map { " about order \($0)" } ?? "")", after: count) {
      $0.message == message && (order == nil || $0.orderID == order)
    }
  }

  /// Waits until it listens, and gives its HTTP API.
  var http: HTTPClient {
    get async throws {
      let prefix = "listening on "
      let line = try await logged("where it listens") { $0.message.hasPrefix(prefix) }
      let base = String(line.message.dropFirst(prefix.count).prefix { $0 != "," })
      guard let network, let port = base.split(separator: ":").last.flatMap({ UInt16($0) })
      else { return HTTPClient(base: base) }
      return HTTPClient(base: "http://127.0.0.1:\(try network.reach(port, of: service))")
    }
  }

  /// Waits until it is ready.
  func ready() async throws {
    try await logged("ready")
  }

  /// SIGTERM, or another polite signal; waits for the end.
  @discardableResult
  func terminate(_ signal: Int32 = SIGTERM) async throws -> Ending {
    child.signal(signal)
    return try await child.ending()
  }

  /// SIGKILL, as a crash is; waits for the end.
  func kill() async throws {
    child.signal(SIGKILL)
    _ = try await child.ending()
  }

  /// SIGSTOP: it is there and does nothing, until ``resume()``.
  func pause() {
    child.signal(SIGSTOP)
  }

  /// SIGCONT, after ``pause()``.
  func resume() {
    child.signal(SIGCONT)
  }
}
