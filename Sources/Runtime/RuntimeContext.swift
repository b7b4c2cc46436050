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
  /// Time since some fixed point, which never goes back, and in which the machine may have been
  /// suspended.
  ///
  /// The wall clock is compared with it.
  public var elapsed: @Sendable () -> Duration
  /// 64 random bits.
  public var random: @Sendable () -> UInt64

  /// RuntimeContext made of the given sources.
  ///
  /// - Parameters:
  ///   - now: the wall clock.
  ///   - uptime: the monotonic clock.
  ///   - elapsed: the monotonic clock that a suspended machine does not stop; `uptime` by default.
  ///   - random: 64 random bits.
  public init(
    now: @escaping @Sendable () -> Timestamp,
    uptime: @escaping @Sendable () -> Duration,
    elapsed: (@Sendable () -> Duration)? = nil,
    random: @escaping @Sendable () -> UInt64
  ) {
    self.now = now
    self.uptime = uptime
    self.elapsed = elapsed ?? uptime
    self.random = random
  }

  /// Both clocks now.
  package var clocks: ClockReading { ClockReading(wall: now(), elapsed: elapsed()) }

  /// A new UUIDv7.
  public func identifier() -> Identifier {
    Identifier(at: now(), random: random())
  }
}

/// A look at the clocks of a machine.
package struct ClockReading: Hashable, Sendable {
  /// The wall clock.
  package let wall: Timestamp
  /// The time since some fixed point, which cannot be set.
  package let elapsed: Duration

  /// - Parameters:
  ///   - wall: the wall clock.
  ///   - elapsed: as ``RuntimeContext/elapsed``.
  package init(wall: Timestamp, elapsed: Duration) {
    self.wall = wall
    self.elapsed = elapsed
  }

  /// The wall clock at the fixed point, if it had never been set.
  package var offset: Duration { wall.since(Timestamp(microseconds: 0)) - elapsed }
}
