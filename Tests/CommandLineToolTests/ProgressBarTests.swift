import Synchronization
import Testing

@testable import CommandLineTool

@Suite("Progress is shown", .timeLimit(.minutes(1)))
struct ProgressBarTests {
  @Test("A terminal has a bar in its place, at most ten times a second")
  func terminal() {
    let written = Mutex("")
    let time = Mutex(Duration.zero)
    let output = Output(isTerminal: true) { bytes in
      written.withLock { $0 += String(decoding: bytes, as: UTF8.self) }
      return nil
    }
    let progress = ProgressBar(
      total: 4, participle: "published", output: output, now: { time.withLock(\.self) })
    progress.show(1)
    progress.show(2)
    progress.show(2, isPausing: true)
    time.withLock { $0 = .milliseconds(100) }
    progress.show(4)
    output.line("4 events are published")
    output.line("and no more")
    let marks = String(repeating: "#", count: 30)
    #expect(
      written.withLock(\.self).split(separator: "\r").map(String.init) == [
        "\u{1b}[K[#######.......................]  25%  1 of 4 events are published",
        "\u{1b}[K[###############...............]  50%  2 of 4 events are published",
        "\u{1b}[K[\(marks)] 100%  4 of 4 events are published",
        "\u{1b}[K4 events are published\nand no more\n",
      ])
  }

  @Test("Elsewhere it is a line for each 10,000 events")
  func pipe() {
    let written = Mutex<[String]>([])
    let output = Output { bytes in
      written.withLock { $0.append(String(decoding: bytes, as: UTF8.self)) }
      return nil
    }
    let progress = ProgressBar(total: nil, participle: "written", output: output)
    for count in 0...20_001 { progress.show(count, isPausing: count == 3) }
    #expect(
      written.withLock(\.self) == [
        "10,000 events are written\n", "20,000 events are written\n",
      ])
  }
}
