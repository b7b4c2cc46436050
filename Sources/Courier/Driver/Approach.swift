import Events
import Journal
import Logging
import Runtime
import ZeroMQ

/// Checks whether the sockets of a followed stream may be used, and finds the cause of a silence.
struct Approach: Sendable {
  /// The addresses of the stream, one for each replica of its service.
  let replicas: [StreamEndpoints]
  let runtime: RuntimeContext
  let logger: Logger

  private var stream: String { replicas[0].stream }

  /// Waits until the sockets of a replica belong to the right user, and names have addresses.
  ///
  /// A missing socket is no reason to wait: libzmq connects when it is made.
  ///
  /// - Parameter show: called with the reason for which it waits.
  /// - Returns: the endpoints of the replicas to which this applies, with addresses in place of names.
  func wait(_ show: (String) -> Void) async throws -> [StreamEndpoints] {
    let driver = RetryDriver(Retrying(Binding.backoff), runtime: runtime)
    let places = try await driver.run(
      { try await usable() }, reason: { $0 is CancellationError ? nil : "\($0)" },
      report: { report($0, show: show) })
    if driver.succeeded() { logger.notice("connecting to \(stream)") }
    return places
  }

  /// - Throws: the first replica's reason, where none can be used.
  private func usable() async throws -> [StreamEndpoints] {
    var places: [StreamEndpoints] = []
    var reasons: [any Error] = []
    for replica in replicas {
      do {
        for endpoint in [replica.events, replica.log] { try checkOwner(of: endpoint) }
        places.append(try await replica.resolved())
      } catch {
        try Task.checkCancellation()
        reasons.append(error)
      }
    }
    if places.isEmpty, let reason = reasons.first { throw reason }
    return places
  }

  /// Runs `body`, which opens the sockets and follows.
  ///
  /// It runs again after a failure that may pass, for example missing descriptors.
  ///
  /// - Parameter show: called with the reason for which it waits.
  func retry(_ show: (String) -> Void, opening body: () async throws -> Void) async throws {
    let driver = RetryDriver(
      Retrying(Binding.backoff, restartsAfterLongRun: true), runtime: runtime)
    try await driver.run(
      body, reason: { ($0 as? ZeroMQError)?.reasonIfPassing },
      report: { report($0, remedy: ". It is tried again", show: show) })
  }

  private func report(
    _ decision: Retrying.Decision, remedy: String = "", show: (String) -> Void
  ) {
    if decision.isLogged {
      logger.error(
        "\(stream) is not connected to: \(decision.reason)\(remedy)",
        metadata: ["event.action": "not-connected"])
    }
    show(decision.reason)
  }

  /// Whether a name has a new address, or a replica has become usable.
  ///
  /// libzmq gets addresses, and would connect to the old one forever.
  func hasMoved(from places: [StreamEndpoints]) async throws -> Bool {
    do {
      return try await usable() != places
    } catch is ZeroMQError {
      return false
    } catch is ForeignSocket {
      return false
    }
  }

  /// The cause of the silence of all replicas, as far as it can be known.
  func cause() async throws -> String? {
    var first: String?
    for replica in replicas {
      guard let cause = try await cause(of: replica) else { return nil }
      first = first ?? cause
    }
    return first
  }

  private func cause(of replica: StreamEndpoints) async throws -> String? {
    for endpoint in [replica.events, replica.log] {
      do {
        try checkOwner(of: endpoint)
        if let owner = replica.owner, let path = SocketFile.path(of: endpoint),
          let listener = try? SocketFile.listener(at: path), listener.uid != owner
        {
          throw ForeignSocket(path: path, stream: stream, user: listener.uid, owner: owner)
        }
      } catch {
        return "\(error)"
      }
      if let problem = try await Reachability.problem(of: endpoint) { return "\(problem)" }
    }
    return nil
  }

  private func checkOwner(of endpoint: String) throws(ForeignSocket) {
    guard let owner = replicas[0].owner, let path = SocketFile.path(of: endpoint),
      let file = try? SocketFile(at: path), file.owner != owner
    else { return }
    throw ForeignSocket(path: path, stream: stream, user: file.owner, owner: owner)
  }

  /// Logs, once, that messages were dropped because of their sender.
  func logForeign(_ traffic: Traffic) {
    let sender = traffic.foreignPeer.map { "process \($0.pid) of user \($0.uid)" }
    logger.error(
      """
      messages on the sockets of \(stream) are dropped: they come from \
      \(sender ?? "a process that the kernel does not name"), and \
      \(ForeignSocket.remedy(stream, owner: replicas[0].owner ?? 0))
      """, metadata: ["event.action": "foreign-messages"])
  }
}

/// A socket that another user than the expected one has bound.
struct ForeignSocket: Error, CustomStringConvertible {
  let path: String
  let stream: String
  let user: UInt32
  let owner: UInt32

  var description: String {
    "\(path) belongs to user \(user), and \(Self.remedy(stream, owner: owner))"
  }

  static func remedy(_ stream: String, owner: UInt32) -> String {
    """
    only user \(owner) is accepted. Stop the process that has bound it, or, if \(stream) runs as \
    another user, set follow.\(stream).owner
    """
  }
}

extension StreamEndpoints {
  /// The endpoints with addresses in place of names.
  fileprivate func resolved() async throws -> StreamEndpoints {
    StreamEndpoints(
      stream: stream, events: try await Reachability.numeric(events),
      log: try await Reachability.numeric(log), owner: owner)
  }
}

extension Subscription {
  /// The stream as away, with the cause where it is known: other services continue without it.
  func away(because cause: String?) -> Subscription {
    Subscription(
      stream: stream, cursor: cursor, head: head, state: .away,
      reason: isStalled ? reason : cause.map { "no message from \(stream): \($0)" } ?? reason,
      isReady: !isStalled, isStalled: isStalled, counts: counts, lacks: lacks)
  }
}
