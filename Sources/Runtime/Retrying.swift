/// Decides when a failed operation is tried again, and which of its failures are logged.
///
/// A value without I/O: a failure goes in, and a pause and a line to log come out. The shell around
/// it logs and waits.
package struct Retrying: Hashable, Sendable {
  /// Which failures are logged.
  package enum Reporting: Hashable, Sendable {
    /// The first, and each that has another reason than the one before.
    case newReasons
    /// The first alone.
    case firstFailure
  }

  /// The decision about a failure.
  package struct Decision: Hashable, Sendable {
    /// The reason of the failure.
    package let reason: String
    /// Whether the failure is logged.
    package let isLogged: Bool
    /// The time before the next attempt.
    package let pause: Duration
  }

  private let backoff: Backoff
  private let reporting: Reporting
  private var failures = 0
  private var reason: String?

  /// An operation that has not failed yet.
  package init(_ backoff: Backoff, reporting: Reporting = .newReasons) {
    self.backoff = backoff
    self.reporting = reporting
  }

  /// An attempt has failed.
  ///
  /// - Parameters:
  ///   - reason: the reason, for people.
  ///   - duration: how long the operation ran before. If that is longer than any pause, the failure
  ///     is the first of a new series.
  ///   - random: 64 random bits.
  package mutating func failed(
    _ reason: String, after duration: Duration = .zero, random: UInt64
  ) -> Decision {
    if duration > backoff.limit { self = Retrying(backoff, reporting: reporting) }
    let isNew = reporting == .firstFailure ? failures == 0 : self.reason != reason
    failures += 1
    self.reason = reason
    return Decision(
      reason: reason, isLogged: isNew, pause: backoff.pause(after: failures, random: random))
  }

  /// An attempt has succeeded.
  ///
  /// - Returns: whether attempts before it had failed, so that the success is logged.
  package mutating func succeeded() -> Bool {
    defer { self = Retrying(backoff, reporting: reporting) }
    return failures > 0
  }
}
