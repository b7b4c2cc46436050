/// The pauses between attempts at something that fails: doubled each time up to a limit, and up to
/// half of it more by chance, so that what failed together is not tried together.
public struct Backoff: Hashable, Sendable {
  /// The pause after the first failure, without the part by chance.
  public let first: Duration
  /// The longest pause, without the part by chance.
  public let longest: Duration

  /// Pauses between two limits.
  public init(first: Duration, longest: Duration) {
    self.first = first
    self.longest = longest
  }

  /// The upper limit of a pause.
  public var limit: Duration { longest * 3 / 2 }

  /// The pause after a number of failures in a row.
  ///
  /// - Parameters:
  ///   - failures: the number of failures, at least 1.
  ///   - random: 64 random bits.
  public func pause(after failures: Int, random: UInt64) -> Duration {
    let pause = min(first * (1 << min(max(failures, 1) - 1, 20)), longest)
    return pause + pause * Int(random % 512) / 1024
  }
}
