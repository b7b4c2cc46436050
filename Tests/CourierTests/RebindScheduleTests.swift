import Testing

@testable import Courier

/// The schedule by which a path that another process takes is bound again.
@Suite(.timeLimit(.minutes(1)))
struct RebindScheduleTests {
  private var schedule = RebindSchedule()

  /// The checks, one a second, at which the path is bound again.
  private mutating func attempts(in checks: Int) -> [Int] {
    (0..<checks).filter { _ in schedule.checked(isBound: false) }
  }

  @Test mutating func `a path that is still bound is left alone`() {
    let attempts = (0..<100).filter { _ in schedule.checked(isBound: true) }
    #expect(attempts == [])
  }

  @Test mutating func `the pauses between attempts double`() {
    let attempts = attempts(in: 200)
    #expect(attempts == [0, 1, 3, 7, 15, 31, 63, 127, 191])
  }

  @Test mutating func `after a quiet minute the pauses begin anew`() {
    let early = attempts(in: 16)
    for _ in 0..<59 { _ = schedule.checked(isBound: true) }
    let paused = attempts(in: 15)
    for _ in 0..<60 { _ = schedule.checked(isBound: true) }
    let late = attempts(in: 4)
    #expect(early == [0, 1, 3, 7, 15])
    #expect(paused == [], "the last pause goes on")
    #expect(late == [0, 1, 3])
  }

  @Test mutating func `a series of failures is logged once`() {
    let first = schedule.failed()
    let second = schedule.failed()
    schedule.succeeded()
    let third = schedule.failed()
    #expect([first, second, third] == [true, false, true])
  }
}
