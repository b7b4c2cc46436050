/// The lines of one file that are lost, and what is reported about them.
///
/// Pure: a file that cannot be written, and a disk that is too slow, each have a report at the
/// beginning and one at the end, and neither hides the other.
struct LineLoss: Hashable, Sendable {
  enum Report: Hashable, Sendable {
    /// Writing failed, for the first time.
    case failed
    /// Writing works again after a failure, and so many lines were lost.
    case writtenAgain(lost: Int)
    /// Lines are dropped, because too many wait.
    case late
    /// The lines that waited are written, and so many were dropped.
    case caughtUp(lost: Int)
  }

  private var lost = 0
  private var isFailing = false
  private var hasDropped = false
  private var isLate = false

  /// Counts a line that was not taken, because too many wait.
  mutating func drop() {
    lost += 1
    hasDropped = true
  }

  /// Takes in that a line could not be written.
  mutating func fail() -> Report? {
    lost += 1
    defer { isFailing = true }
    return isFailing ? nil : .failed
  }

  /// Takes in that a line was written.
  ///
  /// - Parameter hasRoom: whether few lines wait.
  mutating func write(hasRoom: Bool) -> Report? {
    let lost = lost
    if isFailing {
      self = LineLoss()
      return .writtenAgain(lost: lost)
    }
    guard hasDropped else { return nil }
    if hasRoom {
      self = LineLoss()
      return .caughtUp(lost: lost)
    }
    defer { isLate = true }
    return isLate ? nil : .late
  }
}
