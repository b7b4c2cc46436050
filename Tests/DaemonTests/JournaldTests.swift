import Events
import Foundation
import Glibc
import Logging
import RoomTesting
import Runtime
import Testing

@testable import Daemon

@Suite("Journald", .timeLimit(.minutes(1)))
struct JournaldTests {
  private func logger(
    _ output: LogOutput, _ reader: String, format: String = "auto", level: String = "trace"
  ) throws -> Logger {
    let configuration = try ServiceConfiguration(
      of: DeltaRoom.self, values: ["log.format": format, "log.level": level])
    return Logger.daemon(
      CurrentConfiguration(configuration), runtime: TestClock().runtime, output: output,
      program: "deltad",
      journald: reader)
  }

  /// A logger whose standard error journald reads, with its output.
  private func withJournald(
    _ body: (Logger, LogOutput, JournaldReader, ErrorPipe) throws -> Void
  ) async throws {
    try await withTemporaryFolder { folder in
      let reader = try JournaldReader(in: folder)
      let pipe = try ErrorPipe()
      let output = pipe.output(stream: pipe.stream)
      try body(try logger(output, reader.path), output, reader, pipe)
    }
  }

  @Test
  func `a line is a record with a message for people, and its fields beside it`() async throws {
    try await withJournald { logger, output, reader, pipe in
      logger.error(
        "the gateway\u{1b}[31m said\nno \u{202e}", error: Surprise(),
        metadata: [
          "event.action": "thing.made", "labels.order_id": "o-1", "http.request.id": "r-1",
          "labels.note": "two\nlines", "event.sequence": .stringConvertible(7), "own": "x",
        ])
      output.flush()
      let record = try reader.next()
      let expected = [
        "MESSAGE": #"the gateway\u{1b}[31m said\u{a}no \u{202e}"#, "PRIORITY": "3",
        "SYSLOG_IDENTIFIER": "deltad", "LOG_LEVEL": "error", "EVENT_ACTION": "thing.made",
        "LABELS_ORDER_ID": "o-1", "HTTP_REQUEST_ID": "r-1", "LABELS_NOTE": "two\nlines",
        "EVENT_SEQUENCE": "7", "LABELS_OWN": "x", "SERVICE_NAME": "delta",
        "SERVICE_VERSION": systemVersion, "ECS_VERSION": "8.11.0", "ERROR_TYPE": "Surprise",
        "ERROR_MESSAGE": "the vault's code is 4711", "PROCESS_PID": "\(getpid())",
      ]
      for (name, value) in expected { #expect(record[name] == [value]) }
      #expect(record["TIMESTAMP"]?.first?.hasSuffix("Z") == true)
      #expect(record.count == expected.count + 2, "and the node's name: \(record.keys.sorted())")
      #expect(pipe.text().isEmpty)
    }
  }

  @Test
  func `the priority is that of the level`() async throws {
    try await withJournald { logger, output, reader, _ in
      for level in Logger.Level.allCases { logger.log(level: level, "\(level)") }
      output.flush()
      let found = reader.waiting().compactMap { $0["PRIORITY"]?.first }
      #expect(found == ["7", "7", "6", "5", "4", "3", "2"])
    }
  }

  @Test
  func `no two fields of the schema have one name, and each name is one that journald takes`()
    throws
  {
    let list = try String(
      contentsOf: URL(filePath: #filePath).appending(path: "../../Interop/ecs_fields.csv")
        .standardized, encoding: .utf8)
    let fields = list.split(separator: "\n").dropFirst().map {
      String($0.prefix { $0 != "," })
    }
    #expect(fields.count > 100)
    let odd = ["@timestamp", "labels.1", "7.eleven", "_._", "a=b.\n", "é.ü", "MESSAGE.ID"]
    let names = (fields + odd).map(JournaldRecord.name)
    #expect(Set(names.prefix(fields.count)).count == Set(fields).count)
    for name in names + [JournaldRecord.name(of: String(repeating: "long.", count: 20))] {
      #expect(name.wholeMatch(of: /[A-Z][A-Z0-9_]{0,63}/) != nil, "\(name)")
    }
    #expect(JournaldRecord.name(of: "http.response.status_code") == "HTTP_RESPONSE_STATUS_CODE")
    #expect(JournaldRecord.name(of: "7.eleven") == "LABELS_7_ELEVEN")
  }

  @Test(
    arguments: [
      "\"quoted\\\"", "\u{0}\u{1b}[31m", "é 漢 🙂", "\r\n\t\u{2028}\u{7f}", "", "a=b\n=", "<3>",
    ])
  func `any text is the value of one field, and a message without control characters`(
    text: String
  ) async throws {
    try await withJournald { logger, output, reader, _ in
      logger.info("\(text)", metadata: ["labels.text": "\(text)"])
      output.flush()
      let record = try reader.next()
      #expect(record["LABELS_TEXT"] == [text])
      #expect(record["MESSAGE"] == [text.escapedForTerminal])
      #expect(record["PRIORITY"] == ["6"])
    }
  }

  @Test
  func `a field that is given twice is one field of the line`() async throws {
    try await withJournald { logger, output, reader, _ in
      logger.warning(
        "hello", error: Surprise(),
        metadata: ["labels.a": "1", "a": "1", "error.message": "another"])
      output.flush()
      let record = try reader.next()
      #expect(record["MESSAGE"] == ["hello"])
      #expect(record["LABELS_A"] == ["1"])
      #expect(record["ERROR_MESSAGE"]?.count == 1)
    }
  }

  @Test
  func `a record that is too large for a datagram is a sealed file in memory`() async throws {
    try await withTemporaryFolder { folder in
      let reader = try JournaldReader(in: folder)
      let socket = JournaldSocket(reader.path)
      // The least that the kernel takes, below a line of the greatest length.
      var size: Int32 = 1
      setsockopt(socket.file, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
      let long = String(repeating: "x", count: 8000)
      let line = Array(#"{"message":"\#(long)","log.level":"info"}"#.utf8)
      #expect(socket.send(JournaldRecord(line[...], from: "deltad").bytes))
      #expect(try reader.next()["MESSAGE"] == [long])
    }
  }

  @Test
  func `a journald that does not read holds up no caller, and dropped lines are counted`()
    async throws
  {
    try await withJournald { logger, output, reader, _ in
      let count = LineBuffer.maxLines + 4096
      for number in 0..<count { logger.info("\(number)") }
      #expect(output.dropped > 0)
      var written = 0
      var reported = 0
      while written + reported < count {
        let record = try reader.next()
        if let dropped = record["LABELS_DROPPED_LINES"]?.first.flatMap({ Int($0) }) {
          #expect(record["PRIORITY"] == ["4"])
          #expect(record["EVENT_ACTION"] == ["log-dropped"])
          reported += dropped
        } else {
          written += 1
        }
      }
      #expect(written + reported == count)
      #expect(output.dropped == reported)
    }
  }

  @Test
  func `a line that journald does not take is JSON on the standard error`() async throws {
    try await withTemporaryFolder { folder in
      let pipe = try ErrorPipe()
      let output = pipe.output(stream: pipe.stream)
      let logger = try logger(output, folder + "/socket")
      logger.info("before")
      output.flush()
      do {
        let reader = try JournaldReader(in: folder)
        logger.info("while it is there")
        output.flush()
        #expect(try reader.next()["MESSAGE"] == ["while it is there"])
      }
      logger.info("after")
      output.flush()
      let lines = pipe.text().split(separator: "\n").map { JSONValue(Data($0.utf8)) }
      #expect(lines.map { $0?["message"]?.string } == ["before", "after"])
      #expect(output.dropped == 0)
    }
  }

  @Test(
    arguments: [("auto", true, true), ("auto", false, false), ("json", true, false)]
      + [("journal", false, true)])
  func `records are sent where journald reads the standard error, or where they are asked for`(
    format: String, isJournald: Bool, sendsRecords: Bool
  ) async throws {
    try await withTemporaryFolder { folder in
      let reader = try JournaldReader(in: folder)
      let pipe = try ErrorPipe()
      // A child inherits the variable, with another standard error.
      let output = pipe.output(stream: isJournald ? pipe.stream : try ErrorPipe().stream + "1")
      try logger(output, reader.path, format: format).info("hello")
      output.flush()
      #expect(reader.waiting().count == (sendsRecords ? 1 : 0))
      #expect(pipe.text().hasPrefix("{") == !sendsRecords)
    }
  }

  @Test(arguments: [true, false])
  func `an error before there is a logger has a priority where journald reads it`(
    isJournald: Bool
  ) async throws {
    let pipe = try ErrorPipe()
    let output = pipe.output(stream: isJournald ? pipe.stream : nil)
    var launch = Launch(
      Invocation(
        program: "deltad", arguments: ["--delta-http-port", "many", "--nowhere"], environment: [:],
        folder: "/"))
    launch.log = output
    #expect(await launch.run(DeltaRoom.self) != .good)
    let lines = pipe.text().split(separator: "\n")
    #expect(!lines.isEmpty)
    let prefix = isJournald ? "<3>deltad: " : "deltad: "
    for line in lines { #expect(line.hasPrefix(prefix), "\(line)") }
  }
}
