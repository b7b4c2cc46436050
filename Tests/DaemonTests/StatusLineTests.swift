import Courier
import Foundation
import Synchronization
import Testing

@testable import Daemon

/// What the supervisor gets beside the signs of life: the state in one line.
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
}
