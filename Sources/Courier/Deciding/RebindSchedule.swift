/// Decides at which checks the path of a bound socket is bound again, and which failures are logged.
///
/// Binding again costs a descriptor each time, and two processes that both insist on a path must not
/// use them up: the pauses between attempts double, from one check to 64, until the path has been
/// quiet for a minute. A value without I/O.
struct RebindSchedule: Hashable, Sendable {
  /// The number of quiet checks, one a second, after which the pauses begin anew.
  private static let quietChecks = 60

  private var attempts = 0
  private var pause = 0
  private var quiet = 0
  private var isFailing = false

  /// The path was checked.
  ///
  /// - Parameter isBound: whether this process's socket is there.
  /// - Returns: whether to bind it again now.
  mutating func checked(isBound: Bool) -> Bool {
    guard !isBound else {
      quiet += 1
      isFailing = false
      if quiet >= Self.quietChecks {
        attempts = 0
        pause = 0
      }
      return false
    }
    pause -= 1
    guard pause < 0 else { return false }
    attempts = min(attempts + 1, 7)
    quiet = 0
    pause = (1 << (attempts - 1)) - 1
    return true
  }

  /// The path was bound again.
  mutating func succeeded() {
    isFailing = false
  }

  /// The path could not be bound again.
  ///
  /// - Returns: whether that is logged: once for a series of failures.
  mutating func failed() -> Bool {
    defer { isFailing = true }
    return !isFailing
  }
}
