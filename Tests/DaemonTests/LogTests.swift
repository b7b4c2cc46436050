import Events
import Foundation
import HTTPTypes
import Journal
import Logging
import RoomTesting
import Runtime
import Testing

@testable import Daemon

@Suite("Log lines", .timeLimit(.minutes(1)))
struct LogTests {
  private func logger(_ lines: Lines, _ format: LineLogHandler.Format) -> Logger {
    let handler = LineLogHandler(
      LogSource(service: "delta", node: "host-1", process: 7), level: { .debug }, format: format,
      output: lines.output(),
      now: { Timestamp(microseconds: 1_763_872_860_000_001) })
    return Logger(label: "delta") { _ in handler }
  }

  @Test("a line is one JSON object with the fields of the Elastic Common Schema, time first")
  func fields() throws {
    let lines = Lines()
    logger(lines, .json).warning(
      "two\nlines", error: Surprise(),
      metadata: ["http.response.status_code": .stringConvertible(409), "b": "x", "a": ["y"]])
    #expect(lines.all.count == 1)
    let text = try #require(lines.all.first)
    #expect(text.hasPrefix(#"{"@timestamp":"2025-11-23T04:41:00.000001Z","log.level":"warning","#))
    #expect(text.hasSuffix("}\n"))
    #expect(text.filter { $0 == "\n" }.count == 1)
    let line = try #require(try lines.objects().first)
    #expect(line["message"]?.string == "two\nlines")
    #expect(line["ecs.version"]?.string == "8.11.0")
    #expect(line["service.name"]?.string == "delta")
    #expect(line["service.node.name"]?.string == "host-1")
    #expect(line["service.version"]?.string == systemVersion)
    #expect(line["process.pid"] == .integer(7))
    #expect(line["error.message"]?.string == "the vault's code is 4711")
    #expect(line["error.type"]?.string == "Surprise")
    #expect(line["http.response.status_code"] == .integer(409))
    #expect(line["labels.b"]?.string == "x", "a library's own field")
  }

  @Test(
    "any logged text stays one valid line",
    arguments: ["\"quoted\\\"", "\u{0}\u{1b}[31m", "é 漢 🙂", "\r\n\t\u{2028}\u{7f}", ""])
  func escaping(text: String) throws {
    let lines = Lines()
    logger(lines, .json).info("\(text)", metadata: ["labels.\(text)": "\(text)"])
    let line = try #require(try lines.objects().first)
    #expect(line["message"]?.string == text)
    #expect(line["labels.\(text)"]?.string == text)
    #expect(lines.all.first?.filter(\.isNewline).count == 1)
  }

  @Test("a line has at most 16 KiB, is marked where it was cut, and stays valid")
  func length() throws {
    let lines = Lines()
    let long = String(repeating: "é\"", count: 50_000)
    var fields: Logger.Metadata = ["labels.correlation_id": "\(long)", "a": "whole"]
    for number in 0..<40 { fields["more.\(number)"] = "\(long)" }
    logger(lines, .json).warning("\(long)", metadata: fields)
    let text = try #require(lines.all.first)
    #expect(text.utf8.count <= 16 * 1024)
    let line = try #require(try lines.objects().first)
    #expect(line["labels.truncated"] == .bool(true))
    #expect(line["message"]?.string?.hasSuffix("…") == true)
    #expect(line["labels.correlation_id"]?.string?.hasSuffix("…") == true)
    #expect(line["labels.a"]?.string == "whole")
    logger(lines, .pretty).warning("\(long)", metadata: fields)
    #expect(lines.all[1].utf8.count <= 16 * 1024)
    #expect(lines.all[1].hasSuffix(" truncated=true\n"))
  }

  @Test("a line that was not cut has no mark", arguments: [0, 500, 8192 - 3])
  func whole(count: Int) throws {
    let lines = Lines()
    let text = String(repeating: "x", count: count)
    logger(lines, .json).info("\(text)")
    let line = try #require(try lines.objects().first)
    #expect(line["message"]?.string == text)
    #expect(line["labels.truncated"] == nil)
  }

  @Test(
    "characters that turn or hide text are escaped in both forms",
    arguments: ["\u{202e}", "\u{200b}"])
  func hiding(text: String) throws {
    let lines = Lines()
    logger(lines, .json).info("a\(text)b")
    #expect(try lines.object("a\(text)b") != nil)
    logger(lines, .pretty).info("a\(text)b")
    #expect(lines.all.allSatisfy { !$0.unicodeScalars.contains(text.unicodeScalars.first ?? " ") })
  }

  @Test("a field cannot replace the service's name")
  func ownFields() throws {
    let lines = Lines()
    var logger = logger(lines, .json)
    logger[metadataKey: "service.name"] = "other"
    logger.info("hello")
    let line = try #require(try lines.objects().first)
    #expect(line["service.name"]?.string == "delta")
  }

  @Test("the text for people is one line without control sequences")
  func pretty() {
    let lines = Lines()
    logger(lines, .pretty).info(
      "order.approved\u{1b} emitted", metadata: ["labels.order_id": "7", "trace.id": "t"])
    #expect(
      lines.all == ["04:41:00.000 INFO     delta  order.approved\\u{1b} emitted  order_id=7\n"])
  }

  @Test(
    "auto is JSON, and pretty on a terminal",
    arguments: [
      ("auto", false, "{"), ("auto", true, "\u{1b}"), ("json", true, "{"), ("pretty", false, "0"),
    ])
  func formats(format: String, isTerminal: Bool, start: String) throws {
    let lines = Lines()
    let configuration = try ServiceConfiguration(
      of: DeltaRoom.self, values: ["log.format": format])
    Logger.daemon(
      CurrentConfiguration(configuration), runtime: TestClock().runtime,
      output: lines.output(isTerminal: isTerminal)
    ).info("hello")
    #expect(lines.all.first?.hasPrefix(start) == true)
  }

  @Test("an event that was emitted is a line with its ids, its work and its subject")
  func emitted() throws {
    let desk = try Desk()
    let answer = desk.answer(
      .post, "/api/things", #"{"name":"a","price":1}"#, headers: [.requestID: "r-4"])
    let id = try #require(try answer.document["id"]?.string)
    let line = try #require(try desk.lines.object("thing.made emitted"))
    #expect(line["event.action"]?.string == "thing.made")
    #expect(Identifier(line["event.id"]?.string ?? "") != nil)
    #expect(line["event.sequence"] == .integer(1))
    #expect(line["labels.thing_id"]?.string == id)
    #expect(line["labels.correlation_id"]?.string == "r-4")
    #expect(line["http.request.id"]?.string == "r-4")
    #expect(line["labels.causation_id"] == nil)
    #expect(line["trace.id"]?.string?.count == 32)
  }

  @Test("a line belongs to the work of its task, and to the start of the process without any")
  func start() throws {
    let lines = Lines()
    let runtime = TestClock().runtime
    let start = Correlation.beginning(in: runtime)
    let other = Correlation([:], in: runtime)
    let logger = logger(lines, .json).belonging(to: start)
    logger.info("listening")
    Correlation.$current.withValue(other) { logger.info("GET / 200") }
    let found = try lines.objects()
    #expect(found.map { $0["labels.correlation_id"]?.string } == [start.id, other.id])
    #expect(found.map { $0["trace.id"]?.string } == [start.trace.traceID, other.trace.traceID])
    #expect(found[1]["http.request.id"]?.string == other.requestID)
  }

  @Test("a warning has an error's message, also without an error")
  func warningWithoutError() throws {
    let lines = Lines()
    logger(lines, .json).warning("no message from beta")
    logger(lines, .json).notice("ready")
    let found = try lines.objects()
    #expect(found.map { $0["error.message"]?.string } == ["no message from beta", nil])
  }

  @Test("an event that waits or is dead is a warning with the reason")
  func warnings() throws {
    let lines = Lines()
    let publisher = try Desk()
    _ = publisher.answer(.post, "/api/things", #"{"name":"a","price":1}"#)
    let record = try #require(
      try publisher.assembly.journal.read { try $0.records(after: 0, limit: 1) }.first)
    let follower = try ServiceJournal(
      .memory, of: "echo",
      reactions: Reactions([
        .on(ThingMade.self, from: "delta") { _, _ in .wait("its shelf is not there") }
      ]), runtime: TestClock().runtime,
      reporting: OutcomeLog(logger(lines, .json)).callAsFunction)
    try follower.write { transaction in
      try transaction.apply(
        [record], of: "delta", from: .start,
        through: Cursor(
          epoch: record.header.epoch, sequence: record.header.sequence,
          chain: record.header.chain))
    }
    let line = try #require(try lines.object("thing.made waits: its shelf is not there"))
    #expect(line["log.level"]?.string == "warning")
    #expect(line["event.reason"]?.string == "its shelf is not there")
    #expect(line["error.message"]?.string == "its shelf is not there")
    #expect(line["event.outcome"]?.string == "failure")
    #expect(line["http.request.id"] == nil, "the request was another service's")
    #expect(line["labels.correlation_id"] != nil)
  }
}
