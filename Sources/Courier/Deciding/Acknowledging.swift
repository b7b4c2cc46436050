import Events

/// Decides when a follower acknowledges, and records a publisher's refusal.
///
/// A value without I/O.
struct Acknowledging: Hashable, Sendable {
  /// Acknowledgements are at least so far apart while events arrive.
  static let interval = Duration.seconds(1)
  /// A place is acknowledged at once after so long without another event: a follower at the head is
  /// not shown behind it.
  static let idleTime = Duration.milliseconds(200)
  /// An acknowledgement of a new place is repeated after so long, since it may have been lost.
  static let firstRepeat = Duration.seconds(5)
  /// It is repeated again and again after so long, so that the publisher sees its consumer.
  static let repeatInterval = Duration.seconds(30)
  /// The id of each acknowledgement, which an error repeats.
  static let id = JSONValue.string("acknowledgement")

  /// The last place that is known to be acknowledged; nil where it must be sent again.
  var acknowledged: UInt64?
  /// The publisher's refusal of acknowledgements; nil while it accepts them.
  private(set) var refusal: Refusal?
  private var acknowledgedAt: Duration
  private var isRepeated = false
  private var isRefused = false
  /// The last place that was seen, and since when.
  private var place: UInt64?
  private var placeSince: Duration

  init(at now: Duration) {
    acknowledgedAt = now
    placeSince = now
  }

  /// - Returns: whether to acknowledge now that the follower is at a place.
  mutating func isDue(_ sequence: UInt64, at now: Duration) -> Bool {
    if place != sequence { placeSince = now }
    place = sequence
    guard now - acknowledgedAt >= pause(before: sequence, at: now) else { return false }
    isRepeated = acknowledged == sequence
    acknowledged = sequence
    acknowledgedAt = now
    // The one before was taken, since no error came.
    if !isRefused { refusal = nil }
    isRefused = false
    return true
  }

  private func pause(before sequence: UInt64, at now: Duration) -> Duration {
    guard acknowledged != sequence else {
      return isRepeated ? Self.repeatInterval : Self.firstRepeat
    }
    return now - placeSince >= Self.idleTime ? .zero : Self.interval
  }

  /// The publisher does not take an acknowledgement.
  ///
  /// - Returns: whether that is news.
  mutating func refuse(_ refusal: Refusal) -> Bool {
    defer { self.refusal = refusal }
    isRefused = true
    return self.refusal == nil
  }
}
