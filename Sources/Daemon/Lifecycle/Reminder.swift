/// Decides when to log a condition that lasts: at its beginning, every ten minutes, and at its end.
struct Reminder {
  /// The line that is due now.
  enum Moment: Hashable {
    case begins, lasts, isOver
  }

  /// The time between two lines about the same thing.
  static let pause = Duration.seconds(600)

  private var reportedAt: Duration?

  /// - Parameters:
  ///   - holds: whether it is so now.
  ///   - uptime: the monotonic clock.
  mutating func look(_ holds: Bool, at uptime: Duration) -> Moment? {
    guard holds else {
      defer { reportedAt = nil }
      return reportedAt == nil ? nil : .isOver
    }
    let last = reportedAt
    if let last, uptime - last < Self.pause { return nil }
    reportedAt = uptime
    return last == nil ? .begins : .lasts
  }
}
