import Courier
import Journal
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
      case .wake, .write: break
      case .perform(.log): Issue.record("nothing has happened yet")
      case .perform(.shrinkLogFile): done.append("shrink the log file")
      case .read(let read):
        switch try journal.read(read.query) {
        case .head(let head, let clock):
          done.append("read the head")
          let effects = process.handle(.head(head, clock: clock), at: due, random: { 0 })
          #expect(effects.contains { if case .write = $0 { true } else { false } }, "it prunes")
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
    #expect(done == ["read the head", "shrink the log file"])
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
}
