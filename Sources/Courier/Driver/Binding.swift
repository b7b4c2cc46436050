import Events
import Logging
public import Runtime
import Synchronization
import ZeroMQ

/// Opens one of the service's own sockets, and waits while it cannot be bound.
///
/// An address in use, an address that this machine does not have yet, a name without an address, a
/// directory that disappears, and descriptors that have run out pass without a restart. Only an
/// endpoint that can never work ends the daemon.
struct Binding: Sendable {
  enum State: Hashable, Sendable {
    /// The reason for which it is not bound; nil before the first attempt has ended.
    case waiting(String?)
    case bound
  }

  static let backoff = Backoff(first: .milliseconds(100), longest: .seconds(5))

  let endpoint: String
  let runtime: RuntimeContext
  let logger: Logger
  let show: @Sendable (State) -> Void

  /// Runs `body` with the endpoint, a name replaced by its address, until it returns.
  ///
  /// - Parameter body: opens the socket, and shows by its second argument when it is bound, and
  ///   whether it stays so.
  /// - Throws: ``UnusableEndpoint``, or an error of `body` after the socket was bound.
  func run(_ body: (String, @escaping @Sendable (State) -> Void) async throws -> Void) async throws
  {
    let driver = RetryDriver(Retrying(Self.backoff), runtime: runtime)
    let isBound = Mutex(false)
    do {
      try await driver.run(
        {
          try await body(try await Reachability.numeric(endpoint)) { state in
            if state == .bound {
              isBound.withLock { $0 = true }
              if driver.succeeded() { self.logger.notice("\(self.endpoint) is bound") }
            }
            self.show(state)
          }
        },
        reason: { error in
          isBound.withLock { $0 } ? nil : (error as? ZeroMQError)?.reasonIfPassing
        }, report: report)
    } catch let error as ZeroMQError where !isBound.withLock({ $0 }) && error.code != .closed {
      throw UnusableEndpoint(cause: error)
    }
  }

  private func report(_ decision: Retrying.Decision) {
    if decision.isLogged {
      logger.warning(
        "\(decision.reason). It is tried again until it works",
        metadata: ["event.action": "socket-not-bound"])
    }
    show(.waiting(decision.reason))
  }
}

/// An endpoint in the configuration that cannot be used.
public struct UnusableEndpoint: RequiresOperator, CustomStringConvertible {
  let cause: ZeroMQError

  /// The endpoint and the remedy, for people.
  public var description: String { "\(cause)" }
}

extension ZeroMQError {
  /// The sentence, where a later attempt with the same endpoint may work; nil otherwise.
  var reasonIfPassing: String? {
    [.invalidEndpoint, .pathTooLong, .closed].contains(code) ? nil : "\(self)"
  }
}
