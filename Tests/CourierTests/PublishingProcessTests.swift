import Events
import FoundationEssentials
import RoomTesting
import Testing

@testable import Courier
@testable import Journal

/// What a publisher takes from memory, and what it reads from the log.
@Suite(.timeLimit(.minutes(1)))
struct PublishingProcessTests {
  private let log = SyntheticLog(count: 6)
  private var process = PublishingProcess()

  init() {
    _ = process.handle(.started, at: .zero) { 0 }
    _ = process.handle(.head(head(at: 2)), at: .zero) { 0 }
  }

  private func head(at sequence: UInt64, lost: String? = nil) -> Head {
    let header = log[sequence].header
    return Head(
      stream: "alpha", epoch: header.epoch, sequence: sequence, chain: header.chain,
      committedAt: header.committedAt, floor: 1, lost: lost)
  }

  private func tail(_ events: ClosedRange<UInt64>, lost: String? = nil) -> CommittedTail {
    var tail = CommittedTail()
    tail.append(events.map { log[$0] }, head: head(at: events.upperBound, lost: lost))
    return tail
  }

  /// The numbers that are sent, and whether the log is read.
  private mutating func outcome(of tail: CommittedTail) -> (sent: [UInt64], reads: Bool) {
    var outcome: (sent: [UInt64], reads: Bool) = ([], false)
    for effect in process.handle(.committed(tail), at: .zero, random: { 0 }) {
      switch effect {
      case .perform(.send(let messages)):
        outcome.sent += messages.compactMap { Record(frames: $0)?.header.sequence }
      case .read: outcome.reads = true
      default: break
      }
    }
    return outcome
  }

  @Test mutating func `what is next is published from memory, and once`() {
    #expect(outcome(of: tail(3...4)) == ([3, 4], false))
    #expect(outcome(of: tail(3...5)) == ([5], false))
    #expect(outcome(of: tail(3...5)) == ([], false))
    #expect(process.published == 5)
  }

  @Test mutating func `where an event before it is missing, the log is read`() {
    #expect(outcome(of: tail(4...6)) == ([], true))
    #expect(process.published == 2)
  }

  @Test mutating func `what was left out of memory is read from the log`() {
    var emptied = CommittedTail(limits: CommittedTail.Limits(events: 1, bytes: .max))
    emptied.append([log[3], log[4]], head: head(at: 4))
    #expect(outcome(of: emptied) == ([], true))
    #expect(outcome(of: CommittedTail()) == ([], true))
  }

  @Test mutating func `a log that has lost a part of its history is silent`() {
    #expect(outcome(of: tail(3...4, lost: "it was restored")) == ([], false))
    #expect(process.published == 2)
  }

  @Test
  mutating func `a replica that does not publish is silent, and goes on from where others are`() {
    _ = process.handle(.holds(false), at: .zero) { 0 }
    #expect(outcome(of: tail(3...4)) == ([], false))
    let taken = process.handle(.holds(true), at: .seconds(1)) { 0 }
    #expect(taken.contains { if case .read = $0 { true } else { false } })
    _ = process.handle(.head(head(at: 4)), at: .seconds(1)) { 0 }
    #expect(process.published == 4)
    #expect(outcome(of: tail(5...5)) == ([5], false))
  }
}
