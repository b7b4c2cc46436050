import Daemon
import Runtime
import Synchronization

/// How far a long work has come: a bar at a terminal, and a line for each 10,000 events elsewhere.
final class ProgressBar: Sendable {
  /// The shortest time between two bars.
  private static let pause = Duration.milliseconds(100)
  private static let width = 30

  /// The number of all events; nil where it is not known.
  private let total: Int?
  /// What becomes of the events: `published`.
  private let participle: String
  private let output: Output
  private let now: @Sendable () -> Duration
  private let shownAt = Mutex<Duration?>(nil)

  init(
    total: Int?, participle: String, output: Output = .notes,
    now: @escaping @Sendable () -> Duration = RuntimeContext.system.uptime
  ) {
    self.total = total
    self.participle = participle
    self.output = output
    self.now = now
  }

  /// Shows the number of events so far, no more often than a person can read.
  ///
  /// - Parameter isPausing: whether the next event comes later, so that the number is shown at once.
  func show(_ count: Int, isPausing: Bool = false) {
    guard output.isTerminal else {
      if count > 0 && count.isMultiple(of: 10_000) { output.line(sentence(count)) }
      return
    }
    let time = now()
    let isDue = shownAt.withLock { shown in
      guard isPausing || shown.map({ time - $0 >= Self.pause }) ?? true else { return false }
      shown = time
      return true
    }
    if isDue { output.bar(bar(count) + sentence(count)) }
  }

  private func sentence(_ count: Int) -> String {
    "\(count.grouped)\(total.map { " of \($0.grouped)" } ?? "") events are \(participle)"
  }

  private func bar(_ count: Int) -> String {
    guard let total, total > 0 else { return "" }
    let done = min(count, total)
    let marks = done * Self.width / total
    let percent = "\(done * 100 / total)%"
    return "[" + String(repeating: "#", count: marks)
      + String(repeating: ".", count: Self.width - marks) + "] "
      + String(repeating: " ", count: 4 - percent.count) + percent + "  "
  }
}
