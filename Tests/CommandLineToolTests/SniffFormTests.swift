import ArgumentParser
import Events
import Foundation
import Runtime
import Synchronization
import Testing

@testable import CommandLineTool

@Suite("Each format of sniff is its file in Golden/sniff", .timeLimit(.minutes(1)))
struct SniffFormTests {
  /// The moment at which the samples arrive: a second and 2.5 ms after the first was committed.
  private static let arrival = Timestamp(microseconds: 2_002_500)

  private static func samples() throws -> [SniffedEvent] {
    [
      SniffedEvent(
        try record(
          "beta", 12, at: 1,
          body: """
            {"correlationid":"019e0c5a-7b00-7005-8005-0000000000a5","subject":\
            "019e0c5a-7b00-7001-8001-000000000001","data":{"cartId":\
            "019e0c5a-7a00-7002-8002-000000000002","price":{"amount":1000,"currency":"USD"},\
            "product":"wid\\"get, red","promise":{"fee":{"amount":2500,"currency":"USD"}}}}
            """)),
      SniffedEvent(try record("beta", 13, at: 2, body: "no JSON\u{1b}[2J")),
    ]
  }

  /// Prints the samples as `eventually sniff` does with these arguments.
  private func printed(_ arguments: [String]) throws -> [String] {
    let words = ["sniff"] + arguments
    let command = try #require(try Eventually.parseAsRoot(words) as? SniffCommand)
    let lines = CollectedLines()
    let printer = EventPrinter(
      EventSelection(), form: try command.form.form(in: [:]), output: lines.output)
    for event in try Self.samples() { #expect(printer.receive(event) == .more) }
    return lines.all
  }

  @Test(
    "The formats of an event",
    arguments: [
      ("utc", ["--utc"]), ("delta", ["-d"]), ("verbose", ["-v", "-t"]),
      ("color", ["-t", "--color", "always"]),
      ("json", ["--json"]), ("topics-only", ["--topics-only"]),
      ("headers-only", ["--headers-only"]), ("csv", ["--csv"]),
      ("csv-field", ["--csv", "--field", "data.product", "--field", "data.price.amount"]),
      ("field", ["--field", "sequence", "--field", "data.price.amount"]),
      ("format", ["--format", #"{time}\t{subject} {data.product}: {request}"#]),
    ])
  func format(name: String, arguments: [String]) throws {
    try expect(try printed(arguments), match: "sniff/\(name).txt")
  }

  @Test("The line without an option has the local time of the day")
  func plain() throws {
    let times = try Self.samples().map { CalendarTime($0.record.header.committedAt).description }
    let lines = zip(try printed([]), times).map { line, time in
      #expect(line.hasPrefix(time))
      return line.replacing(time, with: "<local time>")
    }
    try expect(lines, match: "sniff/default.txt")
  }

  @Test("The delta is below 0 after a later event of another stream")
  func earlier() throws {
    let form = ShortLine(clock: .delta)
    let event = SniffedEvent(try record("beta", 1, at: 2))
    #expect(form.line(event, after: Timestamp(microseconds: 2_000_750)).hasPrefix("   -0.000750 "))
    #expect(form.line(event, after: nil).hasPrefix("   +0.000000 "))
  }

  @Test("--raw shows frames as text, and as digits where they are none")
  func raw() throws {
    let lines = CollectedLines()
    let printer = RawPrinter(topics: ["beta/", "weather"], limit: 4, output: lines.output)
    for event in try Self.samples() { #expect(printer.receive(event) == .more) }
    for frames in [["stocks", "1"], ["weather", "sunny\u{1b}[2J"], ["weather", ""]] {
      _ = printer.receiveForeign(frames.map { Data($0.utf8) })
    }
    try expect(lines.all, match: "sniff/raw.txt")
  }

  @Test("--rates is a table of topics, and begins anew with each")
  func rates() throws {
    let table = RateTable(EventSelection(), now: { Self.arrival })
    for event in try Self.samples() { #expect(table.receive(event) == .more) }
    #expect(table.receive(SniffedEvent(try record("alpha", 1, at: 2))) == .more)
    let first = table.takeTable()
    try expect(first + table.takeTable(), match: "sniff/rates.txt")
  }
}

/// An output that keeps its lines.
private final class CollectedLines: Sendable {
  private let lines = Mutex<[String]>([])

  var all: [String] { lines.withLock(\.self) }

  var output: Output {
    Output { [self] bytes in
      lines.withLock { $0.append(String(decoding: bytes.dropLast(), as: UTF8.self)) }
      return nil
    }
  }
}
