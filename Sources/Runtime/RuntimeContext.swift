/// The parts of the machine that a service uses: the time and random numbers.
///
/// No other part of the libraries and rooms reads the system's clock or its randomness. A daemon
/// passes the machine's. A simulation passes its own, and can repeat every run to the byte.
public struct RuntimeContext: Sendable {
  /// The wall clock, which may jump in either direction.
  public var now: @Sendable () -> Timestamp
  /// Time since some fixed point, which never goes back.
  ///
  /// Time-outs and intervals are measured by it.
  public var uptime: @Sendable () -> Duration
  /// 64 random bits.
  public var random: @Sendable () -> UInt64

  /// RuntimeContext made of the given sources.
  public init(
    now: @escaping @Sendable () -> Timestamp,
    uptime: @escaping @Sendable () -> Duration,
    random: @escaping @Sendable () -> UInt64
  ) {
    self.now = now
    self.uptime = uptime
    self.random = random
  }

  /// A new UUIDv7.
  public func identifier() -> Identifier {
    Identifier(at: now(), random: random())
  }
}
