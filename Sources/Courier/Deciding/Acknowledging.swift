import Events

/// Decides when a follower acknowledges, and records a publisher's refusal.
///
/// A value without I/O.
struct Acknowledging: Hashable, Sendable {
  /// Acknowledgements are at least so far apart.
  static let interval = Duration.seconds(1)
  /// An acknowledgement is repeated after so long, since it may have been lost.
  static let repeatInterval = Duration.seconds(30)
  /// The id of each acknowledgement, which an error repeats.
  static let id = JSONValue.string("acknowledgement")

  /// The last place that is known to be acknowledged; nil where it must be sent again.
  var acknowledged: UInt64?
  /// The publisher's refusal of acknowledgements; nil while it accepts them.
  private(set) var refusal: Refusal?
  private var acknowledgedAt: Duration
  private var isRefused = false

  init(at now: Duration) {
    acknowledgedAt = now
  }

  /// - Returns: whether to acknowledge now that the follower is at a place.
  mutating func isDue(_ sequence: UInt64, at now: Duration) -> Bool {
    let interval = acknowledged == sequence ? Self.repeatInterval : Self.interval
    guard now - acknowledgedAt >= interval else { return false }
    acknowledged = sequence
    acknowledgedAt = now
    // The one before was taken, since no error came.
    if !isRefused { refusal = nil }
    isRefused = false
    return true
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
