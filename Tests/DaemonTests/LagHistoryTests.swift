import RoomTesting
import Testing

@testable import Daemon

@Suite(.timeLimit(.minutes(1))) struct LagHistoryTests {
  private func lag(_ events: UInt64?, side: Lag.Side = .follower) -> Lag {
    Lag(side: side, name: "beta", events: events)
  }

  @Test func `each minute has its largest lag, and a minute without a look has none`() {
    let history = LagHistory()
    for events: UInt64 in [1, 7, 0] { history.add([lag(events)], at: 100) }
    history.add([lag(nil)], at: 101)
    history.add([lag(2), lag(9, side: .stream)], at: 102)
    #expect(Array(history.lags(of: lag(0), until: 102).suffix(4)) == [nil, 7, nil, 2])
    #expect(history.lags(of: lag(0, side: .stream), until: 102).compactMap(\.self) == [9])
    #expect(history.lags(of: lag(0), until: 102).count == 30)
  }

  @Test func `it keeps thirty minutes`() {
    let history = LagHistory()
    history.add([lag(5)], at: 100)
    history.add([lag(1)], at: 129)
    #expect(history.lags(of: lag(0), until: 129).compactMap(\.self) == [5, 1])
    history.add([lag(1)], at: 130)
    #expect(history.lags(of: lag(0), until: 129).compactMap(\.self) == [1])
  }

  @Test(
    arguments: [
      ([nil, nil], nil, "Unknown now."),
      (
        [nil, 3], 3,
        "3 now, 3 at most in the last minute, the others unknown."
      ),
      ([4, 0], 0, "0 now, 4 at most in 2 minutes."),
      ([4, 1], nil, "Unknown now, 4 at most in 2 minutes."),
    ] as [([UInt64?], UInt64?, String)])
  func `the lag in words`(minutes: [UInt64?], now: UInt64?, words: String) {
    #expect(LagChart.summary(of: minutes, now: now) == words)
  }

  @Test func `it is looked at while no page is open`() async throws {
    let ward = try Ward()
    try ward.hear(ThingPriced(thing: "a", mood: "good"))
    let assembly = ward.assembly
    let overlord = Lag(side: .follower, name: "overlord", events: nil)
    await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask {
        try await LagWatch(assembly: assembly, runtime: ward.clock.runtime).run()
      }
      let minute = ward.journal.wallClock.minute
      while !Task.isCancelled,
        assembly.lagHistory.lags(of: overlord, until: minute).last == .some(nil)
      {
        await Task.yield()
      }
      tasks.cancelAll()
    }
    let minute = ward.journal.wallClock.minute
    #expect(assembly.lagHistory.lags(of: overlord, until: minute).last == .some(0))
  }
}
