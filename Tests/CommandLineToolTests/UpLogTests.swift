import Events
import Foundation
import Glibc
import Runtime
import Synchronization
import Testing

@testable import CommandLineTool

@Suite("The lines of up", .timeLimit(.minutes(1)))
struct UpLogTests {
  private static let time = #""@timestamp":"2026-11-23T09:00:19.167991Z""#
  private static let source =
    #""ecs.version":"8.11.0","process.pid":7,"service.name":"alpha","service.node.name":"n","#
    + #""service.version":"0.1.0""#
  private static let ids =
    #""event.id":"0199e8a2-0000-7000-8000-00000000000e","labels.causation_id":"0199e8a2-c","#
    + #""labels.correlation_id":"0199e8a2-0000-7000-8000-0000003f2a1b","#
    + #""labels.order_id":"0199e8a2-0000-7000-8000-0000009c8d7e","trace.id":"a1","span.id":"b2""#

  private static func json(_ level: String, _ message: String, _ rest: String = "") -> String {
    "{\(time),\"log.level\":\"\(level)\",\"message\":\"\(message)\",\(source)"
      + (rest.isEmpty ? "" : ",\(rest)") + "}"
  }

  /// A line of each level and kind.
  private static let lines = [
    json("trace", "a frame came"),
    json(
      "debug", "POST /api/orders/0199e8a2-0000-7000-8000-0000009c8d7e/approve 200",
      ids + #","event.action":"http-request","event.duration":2543210,"event.outcome":"success","#
        + #""http.request.id":"r","http.request.method":"POST","http.response.status_code":200,"#
        + #""url.path":"/api/orders""#),
    json(
      "info", "order.captured emitted",
      ids + #","event.sequence":12,"event.outcome":"success","labels.stream":"alpha","#
        + #""labels.cart_id":"0199e8a2-0000-7000-8000-00000000ca27""#),
    json("notice", "ready", #""labels.correlation_id":"0199e8a2-0000-7000-8000-000000000001""#),
    json(
      "warning", "order.captured waits: its order is not there",
      ids + #","error.message":"its order is not there","event.reason":"its order is not there","#
        + #""labels.attempt":3"#),
    json(
      "error", "following beta has stopped",
      #""error.message":"diverged\n\u001b[2J: decide","error.type":"X","labels.stream":"beta""#),
    json("critical", "the journal cannot be read", #""error.code":"14""#),
    json(
      "info", "m", ids + #","labels.long":"\#(String(repeating: "l", count: 60))","labels.b":"x""#),
  ]

  private final class Printed: Sendable {
    private let text = Mutex<[String]>([])
    var lines: [String] { text.withLock(\.self) }
    var output: Output {
      Output { bytes in
        self.text.withLock { $0.append(String(decoding: bytes.dropLast(), as: UTF8.self)) }
        return nil
      }
    }
  }

  /// The time on this machine's clock is not golden.
  private static func withoutClock(_ line: String) -> String {
    let clock = CalendarTime(Timestamp("2026-11-23T09:00:19.167991Z") ?? Timestamp(microseconds: 0))
    return line.replacing(clock.description, with: "HH:MM:SS.mmm")
  }

  @Test("A line of each level is as the file in Golden has it, with and without colours")
  func golden() throws {
    var shown: [String] = []
    for isColored in [false, true] {
      let notes = Printed()
      let log = UpLog(notes: notes.output, form: LogLineForm(isColored: isColored))
      for line in Self.lines { log.receive(Array(line.utf8)[...], of: UpMember(.alpha)) }
      shown += notes.lines.map(Self.withoutClock)
    }
    try expect(
      shown.map { $0.replacing("\u{1b}", with: "ESC") }, match: "up-lines.txt")
    for line in shown.prefix(Self.lines.count) { #expect(line.count <= 120, "\(line)") }
  }

  @Test("A message is never cut, whatever its length")
  func long() {
    let notes = Printed()
    let log = UpLog(notes: notes.output)
    let message = String(repeating: "m", count: 300)
    log.receive(Array(Self.json("warning", message, Self.ids).utf8)[...], of: UpMember(.overlord))
    #expect(notes.lines.first?.hasPrefix("overlord| ") == true)
    #expect(notes.lines.first?.hasSuffix("\(message)  order=…9c8d7e request=…3f2a1b") == true)
  }

  @Test("Lines that no daemon has logged are passed on as they are")
  func foreign() {
    let notes = Printed()
    let log = UpLog(notes: notes.output)
    for line in ["Fatal error: x", "{", #"{"a":1}"#, "[1]", ""] {
      log.receive(Array(line.utf8)[...], of: UpMember(.beta))
    }
    #expect(
      notes.lines == ["Fatal error: x", "{", #"{"a":1}"#, "[1]", ""].map { "beta    | \($0)" })
  }

  @Test("With --json the lines are data as they are, and all else is notes")
  func json() {
    let notes = Printed()
    let data = Printed()
    let log = UpLog(notes: notes.output, json: data.output)
    for line in Self.lines { log.receive(Array(line.utf8)[...], of: UpMember(.alpha)) }
    log.receive(Array("Fatal error: x".utf8)[...], of: UpMember(.alpha))
    log.report(.notice, "stopping")
    #expect(data.lines == Self.lines)
    #expect(notes.lines.count == 2)
    #expect(notes.lines.first == "alpha   | Fatal error: x")
    #expect(notes.lines.last?.hasPrefix("up      | ") == true)
    #expect(notes.lines.last?.hasSuffix(" notice stopping") == true)
  }

  // MARK: files

  private let members = Service.allCases.map { UpMember($0) }

  private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = NSTemporaryDirectory() + "/up-log-\(UUID())"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }

  @Test("Each service has a file, to which lines are appended")
  func files() throws {
    try withFolder { folder in
      for run in 1...2 {
        let files = try LogFiles(of: members, in: folder + "/logs") { _, sentence in
          Issue.record("\(sentence)")
        }
        let log = UpLog(notes: Printed().output, files: files)
        for service in Service.allCases {
          log.receive(Array("\(service) \(run)".utf8)[...], of: UpMember(service))
        }
        files.flush(atMost: .seconds(10))
      }
      for service in Service.allCases {
        let text = try String(contentsOfFile: "\(folder)/logs/\(service).log", encoding: .utf8)
        #expect(text == "\(service) 1\n\(service) 2\n")
      }
    }
  }

  @Test("A file that cannot be opened is named, with the remedy")
  func unopened() throws {
    try withFolder { folder in
      try FileManager.default.createDirectory(
        atPath: folder + "/beta.log", withIntermediateDirectories: true)
      let error = #expect(throws: Failure.self) {
        _ = try LogFiles(of: members, in: folder) { _, _ in }
      }
      #expect(error?.status == .configuration)
      #expect(
        error?.description == "the log file \(folder)/beta.log cannot be opened (Is a directory). "
          + "Choose another folder with --log-dir.")
    }
  }

  @Test("A full disk is reported once, with the file's name")
  func full() throws {
    try withFolder { folder in
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(
        atPath: folder + "/beta.log", withDestinationPath: "/dev/full")
      let reports = Mutex<[String]>([])
      let files = try LogFiles(of: members, in: folder) { _, sentence in
        reports.withLock { $0.append(sentence) }
      }
      for line in ["one", "two"] { files.append(Array(line.utf8)[...], of: UpMember(.beta)) }
      files.append(Array("one".utf8)[...], of: UpMember(.alpha))
      files.flush(atMost: .seconds(10))
      #expect(
        reports.withLock(\.self) == [
          "\(folder)/beta.log cannot be written (No space left on device): lines are lost until it can"
        ])
      #expect(try String(contentsOfFile: folder + "/alpha.log", encoding: .utf8) == "one\n")
    }
  }

  @Test("A failure after dropped lines is reported as a failure, and drops alone as drops")
  func failingAfterDrops() throws {
    try withFolder { folder in
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(
        atPath: folder + "/beta.log", withDestinationPath: "/dev/full")
      let reports = Mutex<[String]>([])
      let files = try LogFiles(of: members, in: folder) { _, sentence in
        reports.withLock { $0.append(sentence) }
      }
      let tooLong = [UInt8](repeating: UInt8(ascii: "x"), count: LogFiles.maxBytes)
      for service in [Service.alpha, .beta] {
        files.append(tooLong[...], of: UpMember(service))
        files.append(Array("one".utf8)[...], of: UpMember(service))
        files.flush(atMost: .seconds(10))
      }
      #expect(
        reports.withLock(\.self) == [
          "\(folder)/alpha.log keeps up; 1 lines were lost while it was too slow",
          "\(folder)/beta.log cannot be written (No space left on device): lines are lost until it can",
        ])
    }
  }

  @Test("A slow file and a failing one each have a report at the beginning and at the end")
  func losses() {
    var loss = LineLoss()
    #expect(loss.write(hasRoom: false) == nil)
    loss.drop()
    #expect(loss.write(hasRoom: false) == .late)
    loss.drop()
    #expect(loss.write(hasRoom: false) == nil)
    #expect(loss.fail() == .failed)
    #expect(loss.fail() == nil)
    #expect(loss.write(hasRoom: false) == .writtenAgain(lost: 4))
    #expect(loss.write(hasRoom: true) == nil)
    loss.drop()
    #expect(loss.write(hasRoom: true) == .caughtUp(lost: 1))
    #expect(loss.fail() == .failed)
    #expect(loss.write(hasRoom: true) == .writtenAgain(lost: 1))
  }

  // MARK: short ids

  @Test("The end of an id that a line shows names the id, and no other end does")
  func shortIDs() {
    let id = "0199e8a2-0000-7000-8000-0000003f2a1b"
    #expect([id, id.shortID, "…3f2a1b", "3f2a1b"].allSatisfy { id.isNamed(by: $0) })
    #expect(
      !["2a1b", "0199e8a2", "f2a1b", "-0000003f2a1b", "", "…"].contains { id.isNamed(by: $0) })
    #expect(!"my-3f2a1b".isNamed(by: "3f2a1b"), "an id that is shown whole")
  }
}
