import Courier
import Foundation
import Synchronization
import Testing

@testable import Daemon

/// What the supervisor gets beside the signs of life: the state in one line, and requests for time.
@Suite("Status line", .timeLimit(.minutes(1)))
struct StatusLineTests {
  private func line(
    reasons: [String] = [], away: [String] = [], head: UInt64? = 12, deadLetters: Int = 0,
    isRefused: Bool = false
  ) -> String {
    StatusLine(
      readiness: .init(reasons: reasons, stopped: 0, away: away), head: head, behind: 3,
      deadLetters: deadLetters, isRefused: isRefused
    ).text
  }

  @Test("it has the readiness, the head, the lag, and what needs attention")
  func parts() {
    #expect(line() == "ready, head 12, 3 events behind")
    #expect(line(head: nil) == "ready, 3 events behind")
    #expect(
      line(reasons: ["alpha is stopped: its history is another", "b"], deadLetters: 1)
        == "not ready: alpha is stopped: its history is another; b, head 12, 3 events behind; "
        + "needs attention: 1 dead letter")
    #expect(
      line(away: ["beta"], deadLetters: 2, isRefused: true)
        == "ready, head 12, 3 events behind; without an answer: beta; "
        + "needs attention: 2 dead letters, the last reload was refused")
  }

  @Test("a start that catches up asks for time at its beginning, and again while it progresses")
  func catchingUp() {
    let state = Readiness.State(reasons: ["alpha is catching up"], stopped: 0, away: [])
    var process = ReadinessProcess()
    func asks(_ applied: UInt64, at seconds: Double) -> Bool {
      process.handle(.looked(state, applied: applied), at: .seconds(seconds), random: { 0 })
        .contains { if case .perform(.askForTime) = $0 { true } else { false } }
    }
    #expect(asks(0, at: 0))
    #expect(!asks(500, at: 1), "not at each step")
    #expect(asks(1000, at: 5))
    #expect(!asks(1000, at: 10), "it stands still")
    #expect(!asks(1000, at: 60))
    #expect(asks(1001, at: 61))
  }

  @Test("work on a processor or a disk is progress, waiting is none")
  func effort() {
    let before = StartEffort(processor: .seconds(1), blocks: 8)
    var now = before
    now.processor += .milliseconds(10)
    #expect(!now.isProgress(since: before), "looking at the effort costs as much")
    now.processor += .milliseconds(40)
    #expect(now.isProgress(since: before))
    #expect(StartEffort(processor: .seconds(1), blocks: 16).isProgress(since: before))
    #expect(StartEffort.ofThisProcess().processor > .zero)
  }

  @Test("a step of the start asks for time as long as it moves")
  func step() async throws {
    try await withTemporaryFolder { folder in
      let socket = try NotifySocket(folder + "/notify")
      let effort = Mutex(StartEffort(processor: .zero, blocks: 0))
      let supervisor = Supervisor(["NOTIFY_SOCKET": folder + "/notify"])
      let isOver = DispatchSemaphore(value: 0)
      async let step: Void = Task.detached {
        supervisor.askingForTime(
          "opening the journal", every: .milliseconds(10),
          effort: {
            effort.withLock { effort in
              defer { if effort.blocks < 3 { effort.blocks += 1 } }
              return effort
            }
          }, during: { isOver.wait() })
      }.value
      for _ in 1...3 {
        let request = await socket.next(within: .seconds(30))
        #expect(request == "EXTEND_TIMEOUT_USEC=30000000\nSTATUS=opening the journal")
      }
      #expect(await socket.next(within: .milliseconds(300)) == "", "it stands still")
      isOver.signal()
      await step
    }
  }
}
