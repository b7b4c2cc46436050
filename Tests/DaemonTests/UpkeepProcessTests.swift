import Courier
import Journal
import Logging
import RoomTesting
import Runtime
import Testing

@testable import Daemon

@Suite(.timeLimit(.minutes(1))) struct UpkeepProcessTests {
  private struct CannotRead: Error {}

  private let journal: ServiceJournal

  init() throws {
    journal = try ServiceJournal(.memory, of: "delta", runtime: TestClock().runtime)
  }

  /// The process at its first wake, with the look for retries, pruning and the log file all due.
  private func dueProcess() -> (process: UpkeepProcess, due: Duration) {
    let settings = UpkeepProcess.Settings()
    var process = UpkeepProcess(
      Retention(age: .seconds(60)), settings: settings,
      wallClock: { Timestamp(microseconds: 1_800_000_000_000_000) })
    _ = process.handle(.started, at: .zero, random: { 0 })
    return (process, settings.pruning)
  }

  @Test func `a look for retries that fails drops no other work of its wake`() throws {
    var (process, due) = dueProcess()
    var done: [String] = []
    performing: for effect in process.handle(.woke, at: due, random: { 0 }) {
      switch effect {
      case .wake: break
      case .write: done.append("prune")
      case .perform(.log): Issue.record("nothing has happened yet")
      case .perform(.lookAtClock): done.append("look at the clocks")
      case .perform(.shrinkLogFile): done.append("shrink the log file")
      case .read(let read):
        switch try journal.read(read.query) {
        case .retries:
          // A driver performs no effect after one that has failed.
          let failure = try #require(read.recover(CannotRead()))
          let effects = process.handle(failure, at: due, random: { 0 })
          #expect(effects.contains { if case .perform(.log) = $0 { true } else { false } })
          break performing
        default: Issue.record("another read")
        }
      }
    }
    #expect(done == ["look at the clocks", "shrink the log file", "prune"])
  }

  @Test func `a look for retries that failed comes again after its interval`() throws {
    var (process, due) = dueProcess()
    _ = process.handle(.woke, at: due, random: { 0 })
    let effects = process.handle(.failed(CannotRead()), at: due, random: { 0 })
    guard case .wake(let next)? = effects.first else {
      Issue.record("it sets the next wake")
      return
    }
    #expect(next == due + UpkeepProcess.Settings().retrying)
    let reads = try process.handle(.woke, at: next, random: { 0 }).compactMap { effect in
      if case .read(let read) = effect { try journal.read(read.query) } else { nil }
    }
    #expect(reads.contains { if case .retries = $0 { true } else { false } })
  }

  @Test func `each doubt about the clock is logged once, with figures, and its end once`() throws {
    let clock = TestClock()
    let journal = try ServiceJournal(.memory, of: "delta", runtime: clock.runtime)
    var (process, due) = dueProcess()
    var lines: [UpkeepLine] = []
    func look() {
      for _ in 0..<3 {
        clock.advance(microseconds: 1_000_000)
        due += .seconds(1)
        for effect in process.handle(.clock(journal.clockStatus), at: due, random: { 0 }) {
          if case .perform(.log(let line)) = effect { lines.append(line) }
        }
      }
    }
    look()
    #expect(lines.isEmpty)
    clock.set(microseconds: clock.now.microseconds + 315_532_800_000_000)
    look()
    #expect(lines.count == 1 && lines[0].action == "clock-doubted" && lines[0].level == .warning)
    #expect(lines[0].text.contains("jumped ahead by 315532800 s (3652 d)"), "\(lines[0].text)")
    clock.setBack(microseconds: 315_532_800_000_000)
    look()
    #expect(lines.count == 2 && lines[1].action == "clock-trusted" && lines[1].level == .notice)
  }
}
