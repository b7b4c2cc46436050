/// Decides when a failed operation is tried again, and which of its failures are logged.
///
/// A value without I/O: a failure goes in, and a pause and a line to log come out. Its driver
/// attempts, logs and waits.
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
  private let restartsAfterLongRun: Bool
  private var failures = 0
  private var reason: String?

  /// An operation that has not failed yet.
  ///
  /// - Parameter restartsAfterLongRun: whether a failure of an attempt that ran longer than any
  ///   pause is the first of a new series: the operation worked meanwhile.
  package init(
    _ backoff: Backoff, reporting: Reporting = .newReasons, restartsAfterLongRun: Bool = false
  ) {
    self.backoff = backoff
    self.reporting = reporting
    self.restartsAfterLongRun = restartsAfterLongRun
  }

  /// An attempt has failed.
  ///
  /// - Parameters:
  ///   - reason: the reason, for people.
  ///   - duration: how long the attempt ran.
  ///   - random: 64 random bits.
  package mutating func failed(
    _ reason: String, after duration: Duration = .zero, random: UInt64
  ) -> Decision {
    if restartsAfterLongRun, duration > backoff.limit { reset() }
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
    defer { reset() }
    return failures > 0
  }

  private mutating func reset() {
    failures = 0
    reason = nil
  }
}
