import Courier
import Daemon
import Events
import Glibc
import Synchronization
import Testing

@testable import CommandLineTool

@Suite("A sniffer joins log and wire", .timeLimit(.minutes(2)))
struct LogThenLiveTests {
  private var merge = LogThenLive()
  private let epoch = Epoch(7)

  @Test("It reads a log page by page to its end, and goes on live")
  mutating func continues() {
    #expect(merge.receive(page("alpha", through: 500, head: 700)) == 500)
    #expect(merge.receive(page("alpha", through: 700, head: 700)) == nil)
    #expect(merge.receive("alpha", epoch: epoch, sequence: 701) == .print)
    #expect(merge.receive("alpha", epoch: epoch, sequence: 702) == .print)
  }

  @Test("A live event that was read already is skipped")
  mutating func duplicates() {
    _ = merge.receive(page("alpha", through: 3, head: 3))
    #expect(merge.receive("alpha", epoch: epoch, sequence: 2) == .skip)
    #expect(merge.receive("alpha", epoch: epoch, sequence: 3) == .skip)
    #expect(merge.receive("alpha", epoch: epoch, sequence: 4) == .print)
    #expect(merge.receive("alpha", epoch: epoch, sequence: 4) == .skip)
  }

  @Test("A gap is read from the log before the event after it")
  mutating func gaps() {
    _ = merge.receive(page("alpha", through: 3, head: 3))
    #expect(merge.receive("alpha", epoch: epoch, sequence: 6) == .fetch(after: 3))
    #expect(merge.receive(page("alpha", through: 6, head: 6)) == nil)
    #expect(merge.receive("alpha", epoch: epoch, sequence: 6) == .skip)
  }

  @Test("A beat closes the seam between the log and the subscription")
  mutating func beats() {
    _ = merge.receive(page("alpha", through: 3, head: 3))
    #expect(merge.receiveBeat("alpha", epoch: epoch, upTo: 3) == .skip)
    #expect(merge.receiveBeat("alpha", epoch: epoch, upTo: 5) == .fetch(after: 3))
    _ = merge.receive(page("alpha", through: 5, head: 5))
    #expect(merge.receiveBeat("alpha", epoch: epoch, upTo: 5) == .skip)
  }

  @Test("A stream that comes later is read from its beginning")
  mutating func late() {
    #expect(merge.receiveBeat("beta", epoch: epoch, upTo: 9) == .fetch(after: 0))
    #expect(merge.receive("beta", epoch: epoch, sequence: 9) == .fetch(after: 0))
    #expect(merge.receive(page("beta", through: 9, head: 9)) == nil)
    #expect(merge.receive("beta", epoch: epoch, sequence: 10) == .print)
  }

  @Test("Without a readable log, the stream continues at the live event")
  mutating func unreadable() {
    #expect(merge.receive("alpha", epoch: epoch, sequence: 6) == .fetch(after: 0))
    merge.skipAhead("alpha", epoch: epoch, at: 6)
    #expect(merge.receive("alpha", epoch: epoch, sequence: 7) == .print)
  }

  @Test("Another history is reported once, and printed from its first live event")
  mutating func histories() {
    _ = merge.receive(page("alpha", through: 30, head: 30))
    #expect(merge.receive("alpha", epoch: Epoch(8), sequence: 21) == .otherHistory(Epoch(8)))
    #expect(merge.receive("alpha", epoch: Epoch(8), sequence: 21) == .print)
    #expect(merge.receive("alpha", epoch: Epoch(8), sequence: 22) == .print)
  }

  @Test("A page that comes no further ends the reading")
  mutating func stuck() {
    #expect(merge.receive(page("alpha", through: 3, head: 9)) == 3)
    #expect(merge.receive(page("alpha", through: 3, head: 9)) == nil)
  }
}

@Suite("A sniffer orders the past", .timeLimit(.minutes(2)))
struct InterleavingTests {
  @Test("Events of several logs come in the order of their times")
  func orders() throws {
    var past = Interleaving(["beta": 0, "alpha": 0])
    let first = try record("alpha", 1, at: 10)
    let third = try record("alpha", 2, at: 30)
    let second = try record("beta", 1, at: 20)
    let fourth = try record("beta", 2, at: 40)
    #expect(past.next() == .fetch("alpha", after: 0))
    past.add("alpha", page: [first, third], next: nil)
    #expect(past.next() == .fetch("beta", after: 0))
    past.add("beta", page: [second], next: 1)
    #expect(past.next() == .print(first))
    #expect(past.next() == .print(second))
    #expect(past.next() == .fetch("beta", after: 1))
    past.add("beta", page: [fourth], next: nil)
    #expect(past.next() == .print(third))
    #expect(past.next() == .print(fourth))
    #expect(past.next() == .end)
  }

  @Test("A log's own order is kept for any jump of its clock")
  func keeps() throws {
    var past = Interleaving(["alpha": 0])
    let records = [try record("alpha", 1, at: 50), try record("alpha", 2, at: 10)]
    #expect(past.next() == .fetch("alpha", after: 0))
    past.add("alpha", page: records, next: nil)
    #expect([past.next(), past.next(), past.next()] == records.map { .print($0) } + [.end])
  }

  @Test("Empty logs have no past")
  func empty() {
    var past = Interleaving(["alpha": 0])
    #expect(past.next() == .fetch("alpha", after: 0))
    past.add("alpha", page: [], next: nil)
    #expect(past.next() == .end)
  }
}

@Suite("A live sniffer begins with the first message", .timeLimit(.minutes(2)))
struct LiveSniffTests {
  private var merge = LogThenLive(readsLogs: false)
  private let epoch = Epoch(7)

  @Test("The first message of a stream is its beginning, and a gap after it is read from the log")
  mutating func begins() {
    #expect(merge.receive("alpha", epoch: epoch, sequence: 6) == .print)
    #expect(merge.receive("alpha", epoch: epoch, sequence: 9) == .fetch(after: 6))
  }

  @Test("A beat begins a stream too")
  mutating func beats() {
    #expect(merge.receiveBeat("alpha", epoch: epoch, upTo: 6) == .skip)
    #expect(merge.receive("alpha", epoch: epoch, sequence: 7) == .print)
  }
}
