import ArgumentParser
import Courier
import Events
import Foundation
import Glibc
import Schema
import Synchronization
import Testing

@testable import CommandLineTool
@testable import Daemon

@Suite("A sniffer prints", .timeLimit(.minutes(2)))
struct LineFormTests {
  private static let captured = """
    {"causationid":"019e0c5a-7b00-7006-8006-000000000006",\
    "correlationid":"019e0c5a-7b00-7005-8005-0000000000a5","subject":\
    "019e0c5a-7b00-7001-8001-000000000001","data":{"cartId":\
    "019e0c5a-7a00-7002-8002-000000000002","price":{"amount":1000,"currency":"USD"},\
    "product":"wid\\"get, red","promise":{"fee":{"amount":2500,"currency":"USD"}}}}
    """

  @Test("An event is an object on a line, with the CloudEvent as it was published")
  func json() throws {
    let event = SniffedEvent(try record("beta", 12, at: 1, body: "{\"b\":1,\n\"a\":1.50}"))
    #expect(
      LineForm.json.line(event)
        == #"{"topic":"beta/order.captured/v2/","stream":"beta","sequence":12,"#
        + #""epoch":"0000000000000007","committedAt":"1970-01-01T00:00:01.000000Z","#
        + #""event":{"b":1, "a":1.50}}"#)
  }

  @Test("A body that is no JSON is printed as a text")
  func garbage() throws {
    let event = SniffedEvent(try record("beta", 1, body: "what"))
    #expect(LineForm.json.line(event).hasSuffix(#""event":"what"}"#))
    let hostile = SniffedEvent(try record("beta", 1, body: "a\u{1b}[2J"))
    #expect(LineForm.short(ShortLine()).line(hostile).hasSuffix(#"a\u{1b}[2J"#))
  }

  @Test("Each form of an event is as the files in Golden have it")
  func forms() throws {
    let event = SniffedEvent(try record("beta", 12, at: 1, body: Self.captured))
    let fields = try ["subject", "data.product", "data.price", "data.none"].map {
      try EventField($0)
    }
    let forms: [LineForm] = [
      .short(ShortLine(clock: .utc)), .short(ShortLine(clock: .utc, isWhole: true)),
      .short(ShortLine(clock: .utc, isColored: true)), .json, .topic, .header, .fields(fields),
      .csv(fields), .template(try LineTemplate(#"{time}\t{data.product} {type}: {cause}{"#)),
    ]
    let lines = forms.flatMap { form in [form.heading, form.line(event)].compactMap(\.self) }
    try expect(lines, match: "event-forms.txt")
  }

  @Test("A short line is at most 120 characters, whatever the data")
  func width() throws {
    let body = #"{"subject":"s","data":{"product":"\#(String(repeating: "w", count: 500))"}}"#
    let line = LineForm.short(ShortLine()).line(SniffedEvent(try record("beta", 1, body: body)))
    #expect(line.count == 120)
    #expect(line.hasSuffix("…"))
  }

  @Test("Only what is selected is printed and counted")
  func selects() throws {
    let lines = Lines()
    let printer = EventPrinter(
      EventSelection(patterns: ["beta/", "charlie/"].map(TopicPattern.init)), form: .json,
      limit: 2, output: lines.output)
    #expect(printer.receive(SniffedEvent(try record("alpha", 1))) == .more)
    #expect(printer.receive(SniffedEvent(try record("beta", 1))) == .more)
    #expect(printer.receive(SniffedEvent(try record("charlie", 1))) == .enough)
    #expect(lines.count == 2)
  }

  @Test("A reader that has gone ends it")
  func gone() throws {
    let printer = EventPrinter(
      EventSelection(), form: .short(ShortLine()),
      output: Output { _ in WriteFailure(code: EPIPE, written: 0) })
    #expect(printer.receive(SniffedEvent(try record("beta", 1))) == .readerGone)
  }

  @Test("Colours are a terminal's, unless NO_COLOR or --color says otherwise")
  func colors() {
    let pipe = Output { _ in nil }
    let terminal = Output(isTerminal: true) { _ in nil }
    #expect(ColorChoice.auto.colors(terminal, environment: [:]))
    #expect(!ColorChoice.auto.colors(pipe, environment: [:]))
    #expect(!ColorChoice.auto.colors(terminal, environment: ["NO_COLOR": "1"]))
    #expect(ColorChoice.auto.colors(terminal, environment: ["NO_COLOR": ""]))
    #expect(ColorChoice.always.colors(pipe, environment: ["NO_COLOR": "1"]))
    #expect(!ColorChoice.never.colors(terminal, environment: [:]))
  }

  @Test("Endpoints are those named, else those of services in the run directory")
  func sources() {
    let named = SniffSources(run: "/run/x", services: ["alpha"])
    #expect(named.events == ["ipc:///run/x/alpha.events"])
    #expect(named.logs == ["ipc:///run/x/alpha.log"])
    #expect(named.streams == ["alpha"])
    let other = SniffSources(run: "/run/x", services: ["alpha"], events: ["tcp://h:1"])
    #expect(other.events == ["tcp://h:1"])
    #expect(other.logs == [])
    #expect(other.streams == [])
  }
}

@Suite("A tape keeps the frames to the byte", .timeLimit(.minutes(1)))
struct TapeTests {
  @Test(
    "An event is read from its line as it was",
    arguments: [Data("{\"a\":1,\n\"b\":\"ü\"}".utf8), Data([0xff, 0x00, 0x22]), Data()])
  func roundTrip(body: Data) throws {
    let sample = try record("beta", 12, at: 1)
    let event = Record(topic: sample.topic, header: sample.header, body: body)
    let line = TapedEvent(event).jsonLine
    #expect(!line.contains("\n"))
    #expect(try TapedEvent(json: Data(line.utf8)).record == event)
  }

  @Test("A line that is no event is named with its number")
  func refused() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "tape")
    let line = TapedEvent(try record("beta", 1)).jsonLine
    try Data("\(line)\n{\"topic\":\"x\"}\n".utf8).write(to: file)
    let error = #expect(throws: Failure.self) { try PlayCommand.read(file.path) }
    #expect(error?.description.hasPrefix("line 2 of ") == true)
  }
}

@Suite("Publishers go and come back", .timeLimit(.minutes(1)))
struct PresenceTests {
  @Test("Three seconds without a message are noted once, and so is the return")
  func silence() {
    let time = Mutex(Duration.zero)
    let notes = Mutex<[String]>([])
    let presence = Presence(
      expecting: ["alpha"], now: { time.withLock(\.self) },
      note: { note in notes.withLock { $0.append(note) } })
    // While the past is read, nothing is missed.
    time.withLock { $0 = .seconds(60) }
    presence.check()
    presence.begin()
    #expect(presence.unheard == ["alpha"])
    presence.check()
    time.withLock { $0 = .seconds(64) }
    presence.heard("beta")
    presence.check()
    presence.check()
    presence.heard("alpha")
    presence.heard("alpha")
    #expect(
      notes.withLock(\.self) == [
        "no message from alpha for 3 s: is its service running?", "alpha is back",
      ])
    #expect(presence.unheard.isEmpty)
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
