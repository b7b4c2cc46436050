import Events
import Journal
import Runtime
import Testing

/// The time by which events are old: a clock that jumps for a moment removes nothing.
@Suite(.timeLimit(.minutes(1)))
struct PruningClockTests {
  private static let day: UInt64 = 86_400
  private let retention = Retention(age: .seconds(7 * 86_400))

  private func at(_ seconds: UInt64) -> Timestamp {
    Timestamp(microseconds: (1_800_000_000 + seconds) * 1_000_000)
  }

  @Test func `a clock that goes with the monotonic clock is believed`() {
    var clock = PruningClock(retention)
    for second in stride(from: UInt64(0), to: 3 * Self.day, by: 3_600) {
      let time = clock.time(
        clock: at(second), lastCommit: at(0), uptime: .seconds(Int64(second)))
      #expect(time == at(second))
    }
  }

  @Test func `a jump ahead counts only after an hour, and until then the log's time does`() {
    var clock = PruningClock(retention)
    _ = clock.time(clock: at(0), lastCommit: at(0), uptime: .zero)
    let jumped = 8 * Self.day
    #expect(clock.time(clock: at(jumped), lastCommit: at(5), uptime: .seconds(10)) == at(5))
    #expect(
      clock.time(clock: at(jumped + 3_000), lastCommit: at(5), uptime: .seconds(3_010)) == at(5))
    #expect(
      clock.time(clock: at(jumped + 3_600), lastCommit: at(5), uptime: .seconds(3_610))
        == at(jumped + 3_600))
  }

  @Test func `a jump that is taken back is forgotten`() {
    var clock = PruningClock(retention)
    _ = clock.time(clock: at(0), lastCommit: at(0), uptime: .zero)
    _ = clock.time(clock: at(8 * Self.day), lastCommit: at(5), uptime: .seconds(10))
    #expect(clock.time(clock: at(20), lastCommit: at(5), uptime: .seconds(20)) == at(20))
    #expect(
      clock.time(clock: at(9 * Self.day), lastCommit: at(5), uptime: .seconds(3_700)) == at(5),
      "another jump is in doubt for an hour of its own")
  }

  @Test func `at the start a clock far ahead of the last commit is in doubt`() {
    var clock = PruningClock(retention)
    let now = 30 * Self.day
    #expect(clock.time(clock: at(now), lastCommit: at(0), uptime: .seconds(100)) == at(0))
    #expect(
      clock.time(clock: at(now + 3_600), lastCommit: at(0), uptime: .seconds(3_700))
        == at(now + 3_600), "a service that was idle for a month")
  }

  @Test func `a log that is ahead of the clock removes nothing early`() {
    var clock = PruningClock(retention)
    #expect(clock.time(clock: at(0), lastCommit: at(30 * Self.day), uptime: .zero) == at(0))
  }
}
