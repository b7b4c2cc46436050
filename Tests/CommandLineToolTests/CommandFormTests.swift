import ArgumentParser
import Courier
import Daemon
import Events
import Foundation
import Runtime
import Schema
import Synchronization
import Testing

@testable import CommandLineTool
@testable import Journal

/// The output of the commands that read the logs, for people and as JSON, beside its golden file.
@Suite("The output of each command is its file in Golden", .timeLimit(.minutes(1)))
struct CommandFormTests {
  private let answers = [
    StatusAnswer(
      id: nil, stream: "alpha", epoch: Epoch(7), head: 1200, chain: .zero, floor: 3, lineage: [],
      consumers: [
        Consumer(name: "beta", cursor: 1200, seenAt: Timestamp(microseconds: 58_500_000)),
        Consumer(name: "overlord", cursor: 0, seenAt: nil),
      ],
      catalogue: Catalogue([
        PayloadSchema("order.approved", version: 2, leastReader: 1),
        PayloadSchema("settings.changed", version: 1, leastReader: 1),
      ])),
    StatusAnswer(
      id: nil, stream: "beta", epoch: Epoch(9), head: 4, chain: .zero, floor: 1, lineage: [],
      consumers: [Consumer(name: "alpha\u{1b}[2J", cursor: 9, seenAt: nil)], catalogue: nil),
  ]

  private static let order = "019e0c5a-7b00-7001-8001-000000000001"

  private func event(
    _ stream: String, _ type: String, id: String, cause: String? = nil, milliseconds: UInt64
  ) throws -> SniffedEvent {
    let cause = cause.map { #","causationid":"\#($0)""# } ?? ""
    return SniffedEvent(
      Record(
        topic: Topic(stream: stream, type: type, version: 1),
        header: Header(
          schemaVersion: 1, leastReader: 1, epoch: Epoch(7), sequence: milliseconds,
          committedAt: Timestamp(microseconds: milliseconds * 1000), chain: .zero),
        body: Data(
          #"{"id":"\#(id)","subject":"\#(Self.order)","correlationid":"r1"\#(cause)}"#.utf8)))
  }

  @Test("lag")
  func lag() throws {
    let lags = answers.flatMap(LagCommand.lags)
    let now = Timestamp(microseconds: 60_000_000)
    try expect(LagCommand.table(lags, at: now) + lags.map(\.jsonLine), match: "lag.txt")
  }

  @Test("topics")
  func topics() throws {
    let entries = answers.flatMap(TopicsCommand.entries)
    try expect(TopicsCommand.table(entries) + entries.map(\.jsonLine), match: "topics.txt")
  }

  @Test("gaps")
  func gaps() throws {
    let checker = GapChecker(floors: ["beta": 9])
    for sequence in [1, 2, 4] as [UInt64] {
      _ = checker.receive(SniffedEvent(try record("alpha", sequence)))
    }
    for sequence in [1, 4, 9] as [UInt64] {
      _ = checker.receive(SniffedEvent(try record("beta", sequence)))
    }
    try expect(
      checker.findings.map(\.sentence) + checker.findings.map(\.jsonLine), match: "gaps.txt")
  }

  @Test("trace")
  func trace() throws {
    let tree = CauseTree([
      try event("beta", "order.captured", id: "1", milliseconds: 1000),
      try event("alpha", "order.approved", id: "2", cause: "1", milliseconds: 1003),
      try event("overlord", "note.made", id: "3", cause: "2", milliseconds: 1200),
    ])
    let first = try #require(tree.entries.first?.item)
    let lines = tree.entries.map { entry in
      let time = CalendarTime(entry.item.record.header.committedAt).description
      return entry.line(since: first, isColored: false).replacing(time, with: "<local time>")
    }
    let now = Timestamp(microseconds: 6_003_000)
    try expect(
      lines + tree.missing.map { $0.sentence(at: now) }
        + tree.entries.map(\.item.record.jsonLine), match: "trace.txt")
  }

  @Test("errors")
  func errors() throws {
    let forms = [["errors"], ["errors", "disk-full"], ["errors", "disk-full", "--json"]]
    let lines = try forms.flatMap { words in
      try #require(try Eventually.parseAsRoot(words) as? ErrorsCommand).lines
    }
    try expect(lines, match: "errors.txt")
  }

  @Test("doctor")
  func doctor() throws {
    let vitals = Vitals(
      MetricSamples(#"eventually_build_info{version="0.0.1"} 1"#), now: Timestamp(microseconds: 0))
    let needy = ServiceStatus(
      "alpha", at: "http://127.0.0.1:3991",
      ready: try json(#"{"status":"not ready","reasons":["the disk is full"]}"#),
      bus: try json(
        """
        {"stream":{"name":"alpha","epoch":"00000000000000aa","head":1,"floor":1,
         "aheadOfClock":60},"subscriptions":[],"consumers":[],"deadLetters":2}
        """), vitals: vitals)
    let away = ServiceStatus("beta", at: "http://127.0.0.1:3992", unreachable: "beta\u{1b} is away")
    let checks =
      DoctorCommand.services([needy, away], options: "--port-base 4990")
      + [DoctorCommand.versions([needy, away]), DoctorCommand.clock([needy, away])]
      .compactMap(\.self)
      + [DoctorCommand.clock([away])]
    try expect(
      (checks.map(\.line) + checks.map(\.jsonLine)).map {
        $0.replacing(systemVersion, with: "<version>")
      }, match: "doctor.txt")
  }

  @Test("status --format nagios")
  func nagios() throws {
    func status(_ service: String, ready: String, deadLetters: Int) throws -> ServiceStatus {
      ServiceStatus(
        service, at: "http://127.0.0.1:3991", ready: try json(#"{"status":"\#(ready)"}"#),
        bus: try json(
          """
          {"stream":{"name":"\(service)","epoch":"00000000000000aa","head":1,"floor":1},
           "subscriptions":[{"stream":"beta","cursor":7,"head":9,"lag":2,"state":"catchingUp"}],
           "consumers":[],"deadLetters":\(deadLetters)}
          """))
    }
    let well = try status("alpha", ready: "ready", deadLetters: 0)
    let needy = try status("beta", ready: "ready", deadLetters: 2)
    let away = ServiceStatus("charlie", at: "", unreachable: "charlie | is\naway")
    let lines = [[well], [well, needy], [well, away]].map { statuses in
      let nagios = StatusReport(statuses: statuses).nagios
      return "\(nagios.code): \(nagios.line)"
    }
    try expect(lines, match: "status-nagios.txt")
  }

  @Test("expect, for people and as JSON")
  func expected() throws {
    let lines = Mutex<[String]>([])
    let output = Output { bytes in
      lines.withLock { $0.append(String(decoding: bytes.dropLast(), as: UTF8.self)) }
      return nil
    }
    for form in ["--utc", "--json"] {
      let words = ["expect", "beta/order.captured/", "--count", "1", form]
      let command = try #require(try Eventually.parseAsRoot(words) as? ExpectCommand)
      let printer = EventPrinter(
        try command.selected.selection(), form: try command.form.form(in: [:]),
        limit: command.count, output: output)
      let other = SniffedEvent(try record("alpha", 1, at: 1))
      #expect(printer.receive(other) == .more)
      let event = SniffedEvent(try record("beta", 12, at: 1, body: #"{"subject":"s"}"#))
      #expect(printer.receive(event) == .enough)
    }
    try expect(lines.withLock(\.self), match: "expect.txt")
  }

  @Test("record")
  func recorded() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).ndjson").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let tape = try TapeWriter(path, isForced: false, selection: EventSelection(), limit: 2)
    let first = SniffedEvent(try record("beta", 12, at: 1, body: #"{"subject":"s"}"#))
    #expect(tape.receive(first) == .more)
    let record = try record("beta", 13, at: 2)
    let bytes = Record(topic: record.topic, header: record.header, body: Data([0xff, 0x00]))
    #expect(tape.receive(SniffedEvent(bytes)) == .enough)
    try tape.finish()
    let text = try String(contentsOfFile: path, encoding: .utf8)
    try expect(text.split(separator: "\n").map(String.init), match: "record.txt")
  }
}
