/// Notices that a follower makes no progress, although there is something to be applied.
///
/// A value without I/O.
struct Stalling: Hashable, Sendable {
  /// After how long without progress a follower is stalled.
  let patience: Duration
  /// The reason for which the follower makes no progress; nil while it does.
  private(set) var reason: String?
  private var stuckFor = Duration.zero
  /// The reason for which the last answer could not be used.
  private var unusable: String?

  init(patience: Duration) {
    self.patience = patience
  }

  /// Whether an answer came that could not be used, and none since that could.
  var isUnusable: Bool { unusable != nil }

  /// The cursor has moved, or there is nothing to be applied.
  ///
  /// - Returns: whether that ends a stall.
  mutating func progressed() -> Bool {
    defer { self = Stalling(patience: patience) }
    return reason != nil
  }

  /// An answer came that cannot be used.
  mutating func answered(unusably problem: String) {
    unusable = problem
  }

  /// Time has passed in which something was to be applied.
  ///
  /// - Returns: whether a stall has just become known.
  mutating func passed(_ time: Duration, at place: String) -> Bool {
    stuckFor += time
    guard stuckFor >= patience, reason == nil else { return false }
    let cause =
      unusable
      ?? "its log does not answer; an answer of more than 1 MiB is cut off by the socket"
    reason = "no progress for \(Int(patience / .seconds(1))) s \(place): \(cause)"
    return true
  }
}
