import Foundation
import Glibc
import Testing

extension Stories {
  /// The four daemons under `eventually up`, as a person or a program reads them.
  @Suite("Up", .serialized, .timeLimit(.minutes(1)))
  struct Up {
    @Test
    func `an order is read in the lines of up, and traced by the end of its id`() async throws {
      try await withUp { deployment, up, base in
        let order = try await deployment.eventually(
          ["order", "widget", "10.00", "--approve", "--json", "--port-base", "\(base)"])
        let work = try #require(order.objects.first?["requestId"].string)
        let end = "…\(work.suffix(6))"
        let charge = try await up.line("the charge") {
          $0.text.contains("order.charged emitted") && $0.text.contains("request=\(end)")
        }
        #expect(charge.channel == .error)
        #expect(charge.text.hasPrefix("charlie | "))
        #expect(charge.text.contains(" info   order.charged emitted  order=…"), "\(charge)")
        for line in up.lines.all where line.text.contains("request=\(end)") {
          #expect(line.text.count <= 120, "\(line)")
        }
        for id in [end, "\(work.suffix(6))"] {
          let trace = try await deployment.eventually(
            ["trace", id, "--run", deployment.folder + "/up/run"])
          #expect(trace.lines.count { $0.channel == .output } == 4, "\(trace.text)")
        }

        let lock = try String(contentsOfFile: deployment.folder + "/up/beta/lock", encoding: .utf8)
        kill(try #require(pid_t(lock.dropLast())), SIGKILL)
        let restart = try await up.line("the restart") { $0.text.contains("it is restarted") }
        #expect(restart.text.hasPrefix("up      | "))
        #expect(
          restart.text.hasSuffix(" WARN   beta was ended by signal 9; it is restarted in 0.2 s"))
        #expect(!up.lines.all.contains { $0.text.contains("\u{1b}") }, "no terminal, no colours")
      }
    }

    @Test
    func `with json the standard output has the daemons' lines alone, and each its file`()
      async throws
    {
      let logs = "logs"
      let lines = try await withUp(["--json", "--log-dir", logs]) { deployment, up, _ in
        up.signal(SIGINT)
        #expect(try await up.ending() == .exited(0))
        for service in ServiceName.allCases {
          let file = try String(
            contentsOfFile: "\(deployment.folder)/\(logs)/\(service).log", encoding: .utf8)
          let printed = up.lines.all.filter { $0.json["service.name"].string == service.rawValue }
          #expect(file == printed.map { $0.text + "\n" }.joined())
          #expect(printed.last?.message == "stopped")
        }
        return up.lines.all
      }
      for line in lines where line.channel == .output {
        #expect(line.json["service.name"].string != nil, "\(line)")
      }
      let notes = lines.filter { $0.channel == .error }.map(\.text)
      #expect(notes.contains("All four services are ready."), "\(notes)")
      #expect(notes.contains { $0.hasSuffix(" notice stopping; again to kill") }, "\(notes)")
      #expect(!notes.contains { $0.hasPrefix("{") })
    }

    @Test
    func `colours are those of sniff, where they are asked for`() async throws {
      try await withUp(["--color", "always"]) { _, up, _ in
        for prefix in ["\u{1b}[36malpha   | ", "\u{1b}[35moverlord| ", "\u{1b}[1mup      | "] {
          #expect(up.lines.all.contains { $0.text.hasPrefix(prefix + "\u{1b}[0m") })
        }
      }
    }

    @Test(arguments: [false, true])
    func `a daemon at a terminal has colours, unless NO_COLOR is set`(isSet: Bool) async throws {
      try await withDeployment { deployment in
        let words = try deployment.words(.alpha, port: try freePorts(1), format: "auto")
        let daemon = try deployment.shell(
          "script -qec \"$0 $*\" /dev/null", words,
          environment: isSet ? ["NO_COLOR": "1"] : [:])
        let line = try await daemon.line("that it listens") { $0.text.contains("listening on") }
        #expect(line.text.contains("\u{1b}[") != isSet, "\(line)")
        let lock = try String(
          contentsOfFile: deployment.stateFolder(.alpha) + "/lock", encoding: .utf8)
        kill(try #require(pid_t(lock.dropLast())), SIGTERM)
        #expect(try await daemon.ending() == .exited(0))
      }
    }

    @Test
    func `a folder of log files that cannot be made is exit code 78, with its name`() async throws {
      try await withDeployment { deployment in
        let up = try await deployment.eventually(
          [
            "up", "--state", deployment.folder + "/up", "--port-base", "\(try freePorts(5) - 1)",
            "--log-dir", "/dev/null/logs",
          ], ends: 78)
        #expect(up.text.contains("/dev/null/logs"), "\(up.text)")
        #expect(up.text.contains("--log-dir"), "\(up.text)")
      }
    }

    /// Runs `body` when all four are ready, and ends them.
    private func withUp<Value: Sendable>(
      _ options: [String] = [],
      _ body: (Deployment, ChildProcess, Int) async throws -> Value
    ) async throws -> Value {
      try await withDeployment { deployment in
        let base = try freePorts(5) - 1
        let up = try deployment.run(
          "eventually",
          ["up", "--state", deployment.folder + "/up", "--port-base", "\(base)"] + options)
        _ = try await up.line("its greeting") { $0.text == "Ctrl-C stops all of them." }
        let value = try await body(deployment, up, base)
        up.signal(SIGINT)
        #expect(try await up.ending() == .exited(0))
        return value
      }
    }
  }
}
