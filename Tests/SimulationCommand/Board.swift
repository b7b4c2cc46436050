import Glibc
import Simulation

/// Shows how far the seeds are: a bar on a terminal, a line now and then elsewhere.
struct Board {
  private let total: Int
  private let isTerminal = isatty(STDOUT_FILENO) == 1
  private var lastTenth = 0

  init(total: Int) {
    self.total = total
  }

  mutating func show(_ done: Int, since start: Duration) {
    let rate = Double(done) / max(start / .seconds(1), 0.001)
    if isTerminal {
      let width = 40 * done / total
      let bar = String(repeating: "#", count: width) + String(repeating: ".", count: 40 - width)
      print("\r[\(bar)] \(done)/\(total) \(tenths(rate)) seeds/s ", terminator: "")
      fflush(nil)
    } else if done * 10 / total > lastTenth {
      lastTenth = done * 10 / total
      print("\(done) of \(total) seeds, \(tenths(rate)) seeds/s")
      fflush(nil)
    }
  }

  func end(_ counts: Counts, _ done: Int, since start: Duration) {
    if isTerminal { print() }
    for line in counts.lines { print("  \(line)") }
    let seconds = start / .seconds(1)
    print("Ran \(done) seeds in \(tenths(seconds)) s, \(tenths(Double(done) / seconds)) seeds/s")
  }

  private func tenths(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
}
