import Courier
import Journal
import Testing

/// The daemons' driver, with processes of a few lines.
@Suite(.timeLimit(.minutes(1))) struct DriverTests {
  /// Wakes at once, again and again.
  private struct Ticking: Courier.Process {
    enum Input: Sendable { case started, woke }
    enum Action: Sendable { case tick }

    static let start = Input.started
    static let wake = Input.woke

    func handle(_ input: Input, at now: Duration, random: () -> UInt64) -> [Effect<Input, Action>] {
      switch input {
      case .started: [.wake(at: now)]
      case .woke: [.wake(at: now + .milliseconds(1)), .perform(.tick)]
      }
    }
  }

  private struct Ended: Error {}

  @Test func `a driver that runs again wakes its process again`() async throws {
    let journal = try ServiceJournal(.memory, of: "alpha", runtime: .machine)
    var driver = Driver(Ticking(), journal: journal, runtime: .machine)
    for _ in 1...3 {
      var ticks = 0
      let (inputs, ending) = AsyncStream.makeStream(of: Ticking.Input.self)
      await #expect(throws: Ended.self) {
        try await driver.run(on: inputs) { _ in
          ticks += 1
          if ticks == 3 { throw Ended() }
          return nil
        }
      }
      #expect(ticks == 3)
      ending.finish()
    }
  }

  /// Commits three pieces of work at once, of which the second fails.
  private struct Writing: Courier.Process {
    enum Input: Sendable {
      case started, failed, woke
      case written(Int)
    }
    enum Action: Sendable { case end, goOn }

    static let start = Input.started
    static let wake = Input.woke
    private(set) var seen: [String] = []

    mutating func handle(_ input: Input, at now: Duration, random: () -> UInt64)
      -> [Effect<Input, Action>]
    {
      seen.append("\(input)")
      switch input {
      case .started:
        let writes: [Write<Input>] = [
          Write { _ in .written(1) },
          Write({ _ in throw Ended() }, recover: { $0 is Ended ? .failed : nil }),
          Write { _ in .written(3) },
        ]
        return [.write(writes), .perform(.goOn)]
      case .written(3): return [.perform(.end)]
      case .written, .failed, .woke: return []
      }
    }
  }

  @Test func `pieces of one effect fail alone, in order`() async throws {
    let journal = try ServiceJournal(.memory, of: "alpha", runtime: .machine)
    var driver = Driver(Writing(), journal: journal, runtime: .machine)
    let (inputs, ending) = AsyncStream.makeStream(of: Writing.Input.self)
    await #expect(throws: Ended.self) {
      try await driver.run(on: inputs) { action in
        if action == .end { throw Ended() }
        Issue.record("what comes after a failure is left out")
        return nil
      }
    }
    #expect(driver.process.seen == ["started", "written(1)", "failed", "written(3)"])
    ending.finish()
  }
}
