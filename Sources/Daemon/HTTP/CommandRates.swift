import Events
import Synchronization

/// The limit of a client's commands: a token bucket for each address.
final class CommandRates: Sendable {
  /// Commands a second; 0 is no limit.
  struct Limits: Hashable, Sendable {
    /// Of each client on another machine.
    var remote = 0
    /// Of all clients on this machine together: they have one address.
    var local = 0

    static let none = Limits()
  }

  /// The commands that are left, of a bucket of five seconds.
  fileprivate struct Bucket {
    var tokens: Double
    var filledAt: Duration
  }

  /// The number of remembered addresses.
  ///
  /// When there are more, those with a full bucket are forgotten; if there are none, all are.
  private static let maxClients = 4096

  private let limits: @Sendable () -> Limits
  private let uptime: @Sendable () -> Duration
  private let buckets = Mutex<[String: Bucket]>([:])

  /// - Parameters:
  ///   - limits: the limits at each command.
  ///   - uptime: the monotonic clock.
  init(
    limits: @escaping @Sendable () -> Limits, uptime: @escaping @Sendable () -> Duration = { .zero }
  ) {
    self.limits = limits
    self.uptime = uptime
  }

  /// Takes a command out of a client's bucket.
  ///
  /// - Returns: after how many seconds there is one again; nil when there was one.
  func take(for peers: Peers) -> Int? {
    let limits = limits()
    let rate = Double(peers.isLocal ? limits.local : limits.remote)
    guard rate > 0 else { return nil }
    let now = uptime()
    return buckets.withLock { buckets in
      if buckets.count >= Self.maxClients { Self.forget(&buckets, rate: rate, at: now) }
      let client = peers.client ?? ""
      let bucket = buckets[client] ?? Bucket(tokens: rate * 5, filledAt: now)
      let tokens = bucket.tokens(at: now, rate)
      buckets[client] = Bucket(tokens: max(0, tokens - 1), filledAt: now)
      if tokens < 1 { buckets[client]?.tokens = tokens }
      return tokens >= 1 ? nil : max(1, Int(((1 - tokens) / rate).rounded(.up)))
    }
  }

  private static func forget(_ buckets: inout [String: Bucket], rate: Double, at now: Duration) {
    buckets = buckets.filter { $0.value.tokens(at: now, rate) < rate * 5 }
    if buckets.count >= maxClients { buckets = [:] }
  }
}

extension CommandRates.Bucket {
  fileprivate func tokens(at now: Duration, _ rate: Double) -> Double {
    min(rate * 5, tokens + ((now - filledAt) / .seconds(1)) * rate)
  }
}
