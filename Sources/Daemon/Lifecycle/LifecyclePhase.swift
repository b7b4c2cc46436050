/// The phase of a daemon's life, of which the supervisor is notified.
///
/// A value without I/O: each function returns the state to send, or nil where there is none. A reload
/// before the daemon is ready must not send `READY=1`, nor one during the shutdown.
enum LifecyclePhase: Hashable, Sendable {
  case starting, running, reloading, stopping

  /// The service is ready for the first time.
  mutating func ready() -> String? {
    guard self == .starting else { return nil }
    self = .running
    return "READY=1"
  }

  /// A reload begins.
  ///
  /// - Parameter uptime: `CLOCK_MONOTONIC`, by which the supervisor pairs the begin with its end.
  mutating func reloadBegins(at uptime: Duration) -> String? {
    guard self == .running else { return nil }
    self = .reloading
    return "RELOADING=1\nMONOTONIC_USEC=\(Int64(uptime / .microseconds(1)))"
  }

  /// The reload is over, or was refused.
  mutating func reloadEnds() -> String? {
    guard self == .reloading else { return nil }
    self = .running
    return "READY=1"
  }

  /// The shutdown begins.
  mutating func stop() -> String? {
    guard self != .stopping else { return nil }
    self = .stopping
    return "STOPPING=1"
  }
}
