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
    var past = Interleaving(["beta", "alpha"])
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
    var past = Interleaving(["alpha"])
    let records = [try record("alpha", 1, at: 50), try record("alpha", 2, at: 10)]
    #expect(past.next() == .fetch("alpha", after: 0))
    past.add("alpha", page: records, next: nil)
    #expect([past.next(), past.next(), past.next()] == records.map { .print($0) } + [.end])
  }

  @Test("Empty logs have no past")
  func empty() {
    var past = Interleaving(["alpha"])
    #expect(past.next() == .fetch("alpha", after: 0))
    past.add("alpha", page: [], next: nil)
    #expect(past.next() == .end)
  }
}

@Suite("A sniffer prints", .timeLimit(.minutes(2)))
struct EventPrinterTests {
  @Test("An event is an object on a line, with the CloudEvent as it was published")
  func json() throws {
    #expect(
      try record("beta", 12, at: 1, body: "{\"b\":1,\n\"a\":1.50}").jsonLine
        == #"{"topic":"beta/order.captured/v2/","stream":"beta","sequence":12,"#
        + #""epoch":"0000000000000007","committedAt":"1970-01-01T00:00:01.000000Z","#
        + #""event":{"b":1, "a":1.50}}"#)
  }

  @Test("A body that is no JSON is printed as a text")
  func garbage() throws {
    #expect(try record("beta", 1, body: "what").jsonLine.hasSuffix(#""event":"what"}"#))
    #expect(
      try record("beta", 1, body: "a\u{1b}[2J").prettyLine(inColor: false).hasSuffix(#"a\u{1b}[2J"#)
    )
  }

  @Test("Only what has one of the prefixes is printed and counted")
  func prefixes() throws {
    let lines = Lines()
    let printer = EventPrinter(
      prefixes: ["beta/", "charlie/"], form: .json, showsBeats: false, limit: 2,
      output: lines.output)
    #expect(printer.print(try record("alpha", 1)) == .more)
    #expect(printer.print(try record("beta", 1)) == .more)
    #expect(printer.print(try record("charlie", 1)) == .enough)
    #expect(lines.count == 2)
  }

  @Test("A reader that has gone ends it")
  func gone() throws {
    let printer = EventPrinter(
      prefixes: [], form: .pretty, showsBeats: false, limit: nil,
      output: Output { _ in WriteFailure(code: EPIPE, written: 0) })
    #expect(printer.print(try record("beta", 1)) == .readerGone)
  }

  @Test("Endpoints are those named, else those of services in the run directory")
  func sources() {
    let named = SniffSources(run: "/run/x", services: ["alpha"])
    #expect(named.events == ["ipc:///run/x/alpha.events"])
    #expect(named.logs == ["ipc:///run/x/alpha.log"])
    let other = SniffSources(run: "/run/x", services: ["alpha"], events: ["tcp://h:1"])
    #expect(other.events == ["tcp://h:1"])
    #expect(other.logs == [])
  }
}

private final class Lines: Sendable {
  private let lines = Mutex<[String]>([])

  var count: Int { lines.withLock(\.count) }

  var output: Output {
    Output { [self] bytes in
      lines.withLock { $0.append(String(decoding: bytes, as: UTF8.self)) }
      return nil
    }
  }
}
