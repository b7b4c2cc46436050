/// Decides what follows the end of a daemon that was not asked for.
///
/// Pure: no clock, no process.
struct Restarts: Hashable, Sendable {
  /// The end of a process.
  enum Ending: Hashable, Sendable {
    case exited(Int32)
    case signaled(Int32)
    /// The process could not be started.
    case notStarted(String)
  }

  enum Decision: Hashable, Sendable {
    case restart(after: Duration)
    /// Starting it again does not help: its configuration is wrong.
    case giveUp
  }

  static let firstPause = Duration.milliseconds(200)
  static let longestPause = Duration.seconds(10)
  /// A daemon that ran for so long has started well: its end has a new cause.
  static let longLife = Duration.seconds(10)

  private var pause = firstPause

  mutating func ended(_ ending: Ending, after life: Duration) -> Decision {
    if ending == .exited(78) { return .giveUp }
    if life >= Self.longLife { pause = Self.firstPause }
    defer { pause = min(pause * 2, Self.longestPause) }
    return .restart(after: pause)
  }
}

extension Restarts.Ending: CustomStringConvertible {
  var description: String {
    switch self {
    case .exited(let code): "ended with exit code \(code)"
    case .signaled(let signal): "was ended by signal \(signal)"
    case .notStarted(let reason): "could not be started: \(reason)"
    }
  }
}
