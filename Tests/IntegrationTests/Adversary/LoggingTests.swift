import Foundation
import Glibc
import Testing

@Suite("Adversary: logging", .serialized, .timeLimit(.minutes(2)))
struct AdversaryLoggingTests {
  @Test(arguments: [[SIGINT], [SIGINT, SIGINT], [SIGTERM]])
  func `up goes on and ends while its output is not read`(signals: [Int32]) async throws {
    try await withDeployment { deployment in
      let reader = try StuckReader(in: deployment.folder)
      let base = try freePorts(5) - 1
      let up = try deployment.shell(
        "exec \"$0\" \"$@\" > \(reader.path) 2>&1",
        [
          try Programs.path("eventually"), "up", "--state", deployment.folder + "/up",
          "--port-base", "\(base)",
        ])
      try await reader.read(upTo: "Try, in another terminal")
      for port in base + 1...base + 4 {
        let http = HTTPClient(base: "http://127.0.0.1:\(port)")
        for _ in 0..<300 { #expect(try await http.get("/api/bus").status == 200) }
      }
      for signal in signals { up.signal(signal) }
      // The pipe is still full.
      #expect(try await up.ending() == .exited(0))
      for port in base + 1...base + 4 {
        await #expect(throws: (any Error).self) {
          try await HTTPClient(base: "http://127.0.0.1:\(port)").get("/api/bus")
        }
      }
    }
  }

  @Test
  func `a second Ctrl-C ends a daemon that does not stop, for any state of the output`()
    async throws
  {
    try await withDeployment { deployment in
      let reader = try StuckReader(in: deployment.folder)
      let state = deployment.folder + "/up"
      let up = try deployment.shell(
        "exec \"$0\" \"$@\" > \(reader.path) 2>&1",
        [
          try Programs.path("eventually"), "up", "--state", state, "--port-base",
          "\(try freePorts(5) - 1)",
        ])
      try await reader.read(upTo: "Try, in another terminal")
      let lock = try String(contentsOfFile: state + "/alpha/lock", encoding: .utf8)
      let alpha = try #require(pid_t(lock.dropLast()))
      kill(alpha, SIGSTOP)
      up.signal(SIGINT)
      try await reader.read(upTo: "stopping; again to kill")
      up.signal(SIGINT)
      // A daemon has 12 s for a polite end.
      #expect(try await up.ending(within: .seconds(8)) == .exited(0))
      #expect(kill(alpha, 0) != 0, "it is gone")
    }
  }

  @Test
  func `a daemon whose log is not read continues, and counts the lines that were dropped`()
    async throws
  {
    try await withDeployment { deployment in
      let reader = try StuckReader(in: deployment.folder)
      let port = try freePorts(1)
      let alpha = try deployment.shell(
        "exec \"$0\" \"$@\" 2> \(reader.path)", try deployment.words(.alpha, port: port))
      try await reader.read(upTo: #""message":"ready""#)
      let http = HTTPClient(base: "http://127.0.0.1:\(port)")
      // A line of a kilobyte each: more than the buffer and the pipe hold.
      let path = "/api/orders/" + String(repeating: "a", count: 500)
      let id = ["X-Request-ID": String(repeating: "r", count: 128)]
      let count = 1600
      for _ in 0..<count { #expect(try await http.get(path, headers: id).status == 404) }
      alpha.signal(SIGTERM)
      try await reader.readToEnd()
      #expect(try await alpha.ending() == .exited(0))
      let lines = try reader.lines.map { try JSON(Data($0.utf8)) }
      #expect(reader.lines.allSatisfy { $0.utf8.count < 16 * 1024 })
      let written = lines.count { $0["http.response.status_code"] == 404 }
      let dropped = lines.compactMap { $0["labels.dropped_lines"].int }.reduce(0, +)
      #expect(dropped > 0)
      #expect(written + Int(dropped) >= count)
      let notice = try #require(lines.first { $0["event.action"] == "log-dropped" })
      #expect(notice["log.level"] == "warning")
      #expect(lines.last?["message"] == "stopped")
    }
  }

  @Test(
    arguments: ["2> /dev/full", "> /dev/full 2>&1", "2>&-", "0<&- 1>&- 2>&-", "2>&1 | :"])
  func `a daemon whose output is full, closed or gone serves and stops as others do`(
    redirection: String
  ) async throws {
    try await withDeployment { deployment in
      let ready = try ReadySocket(in: deployment.folder)
      let port = try freePorts(1)
      let alpha = try deployment.shell(
        "\"$0\" \"$@\" \(redirection)", try deployment.words(.alpha, port: port),
        environment: ["NOTIFY_SOCKET": ready.path])
      try await ready.ready()
      let http = HTTPClient(base: "http://127.0.0.1:\(port)")
      for _ in 0..<100 { #expect(try await http.get("/api/settings").status == 200) }
      let lock = try String(
        contentsOfFile: "\(deployment.stateFolder(.alpha))/lock", encoding: .utf8)
      let pid = try #require(pid_t(lock.dropLast()), "the lock has the daemon's number: \(lock)")
      kill(pid, SIGTERM)
      #expect(try await alpha.ending() == .exited(0))
    }
  }

  @Test
  func `a daemon without standard descriptors writes no log line into any file of its own`()
    async throws
  {
    try await withDeployment { deployment in
      let ready = try ReadySocket(in: deployment.folder)
      for run in 0..<3 {
        let port = try freePorts(1)
        let alpha = try deployment.shell(
          "exec \"$0\" \"$@\" 0<&- 1>&- 2>&-", try deployment.words(.alpha, port: port),
          environment: ["NOTIFY_SOCKET": ready.path])
        try await ready.ready(after: run)
        for file in 0...2 {
          let target = try FileManager.default.destinationOfSymbolicLink(
            atPath: "/proc/\(alpha.pid)/fd/\(file)")
          #expect(target == "/dev/null")
        }
        alpha.signal(SIGTERM)
        #expect(try await alpha.ending() == .exited(0))
        for lock in [
          "\(deployment.stateFolder(.alpha))/lock", deployment.runFolder + "/alpha.lock",
        ] {
          #expect(
            try String(contentsOfFile: lock, encoding: .utf8) == "\(alpha.pid)\nending\n")
        }
      }
      let tool = try deployment.shell(
        "exec \"$0\" status --port-base 1 0<&- 1>&- 2>&-", [try Programs.path("eventually")])
      #expect(try await tool.ending() == .exited(69))
    }
  }

  @Test
  func `input of any length makes no line over 16 KiB and no answer that repeats it`() async throws
  {
    try await withDeployment { deployment in
      let alpha = try await deployment.start(.alpha)
      let http = try await alpha.http
      for (count, status) in [(70_000, 414), (7000, 404)] {
        for path in ["/api/orders/", "/nowhere/"] {
          let answer = try await http.get(path + String(repeating: "a", count: count))
          #expect(answer.status == status)
          #expect(answer.body.count < 2000, "\(answer.body.count) bytes")
          try await alpha.logged("the request") {
            $0.json["url.path"].text.hasPrefix(path + "aaa")
              && $0.json["http.response.status_code"] == JSON(Int64(status))
          }
        }
      }
      #expect(alpha.lines.allSatisfy { $0.text.utf8.count < 16 * 1024 })
    }
  }
}
