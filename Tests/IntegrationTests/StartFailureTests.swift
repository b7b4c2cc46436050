import Foundation
import Glibc
import Testing

/// Failures of a start: what passes is waited for, with one line, and what lasts ends the daemon with
/// 78, once.
///
/// Others are in the suites that the page “Failures” names.
@Suite("Start failures", .timeLimit(.minutes(1)))
struct StartFailureTests {
  /// A failure that passes, and its end.
  struct Passing: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// Further arguments of the daemon; `PORT` is a port that another program has.
    var arguments: [String] = []
    /// The words of the one line.
    let says: [String]
    /// Whether the failure ends when the other program ends.
    var ends = false
  }

  private static let insecure = ["--alpha-bus-insecure", "true"]

  static let passing: [Passing] =
    ["http-host", "bus-events", "bus-log"].flatMap { key -> [Passing] in
      let isHTTP = key == "http-host"
      func place(_ host: String) -> [String] {
        ["--alpha-\(key)", isHTTP ? host : "tcp://\(host):PORT"] + insecure
      }
      return [
        Passing(
          testDescription: "\(key): a name without an address yet",
          arguments: place("no-such-host.invalid"), says: ["no-such-host.invalid"]),
        Passing(
          testDescription: "\(key): an address that is not there yet",
          arguments: place("192.0.2.1"), says: ["192.0.2.1"]),
        Passing(
          testDescription: "\(key): a port in use",
          arguments: isHTTP ? [] : place("127.0.0.1"),
          says: ["127.0.0.1:PORT", "in use"], ends: true),
      ]
    } + [
      Passing(
        testDescription: "a followed stream: a name without an address yet",
        arguments: ["--alpha-follow-beta-events", "tcp://no-such-host.invalid:PORT"] + insecure,
        says: ["beta is not connected to", "no-such-host.invalid"])
    ]

  @Test(arguments: passing) func `what passes is waited for, with one line, and ends on SIGTERM`(
    failure: Passing
  ) async throws {
    try await withDeployment { deployment in
      let other = try TakenPort()
      func filled(_ text: String) -> String { text.replacing("PORT", with: "\(other.port)") }
      let alpha = try deployment.launch(
        .alpha, failure.arguments.map(filled),
        port: failure.arguments.isEmpty ? other.port : 0)
      let words = failure.says.map { filled($0).lowercased() }
      let isLine: @Sendable (OutputLine) -> Bool = { line in
        ["warning", "error"].contains(line.level) && line.action != "insecure"
          && words.allSatisfy { line.message.lowercased().contains($0) }
      }
      try await alpha.logged("why it waits", where: isLine)
      try await alpha.logged("its probes") { $0.action == "probing" }
      #expect(try await deployment.probe(.alpha, "/healthz").status == 200)
      if failure.ends {
        #expect(try await deployment.probe(.alpha, "/readyz").status == 503)
        other.release()
        try await alpha.ready()
      }
      #expect(alpha.lines.count(where: isLine) == 1, "it is logged once")
      #expect(try await alpha.terminate() == .exited(0))
    }
  }

  @Test func `a start waits for the lock of a daemon that is ending`() async throws {
    try await withDeployment { deployment in
      let first = try await deployment.start(.alpha)
      // It cannot end before it is continued.
      first.pause()
      let second = try deployment.launch(.alpha)
      let line = try await second.logged("that the start waits") { $0.action == "start-waits" }
      #expect(line.message.contains("is held by process \(first.pid)"), "\(line)")
      try await first.kill()
      try await second.ready()
      #expect(second.lines.count { $0.action == "start-waits" } == 1)
      try await deployment.stop(.alpha)
    }
  }

  /// The option, its value, and the place that the last line names.
  static let lasting: [(option: String, value: String, names: String)] = [
    ("--state", "FILE", "FILE"), ("--state", "FILE/state", "FILE"), ("--run", "FILE", "FILE"),
    ("--run", "/proc/none", "/proc/none"), ("--state", "/proc/none", "/proc/none"),
    ("--alpha-bus-events", "ipc://FILE", "FILE"),
    ("--alpha-http-probes", "FOLDER/none/alpha.probes", "FOLDER/none/alpha.probes"),
    ("--alpha-bus-log", "ipc:///" + String(repeating: "x", count: 120), "107"),
  ]

  @Test(arguments: lasting) func `what lasts ends the daemon with 78, once`(
    failure: (option: String, value: String, names: String)
  ) async throws {
    try await withDeployment { deployment in
      let file = try deployment.write("a file", to: "file")
      func filled(_ text: String) -> String {
        text.replacing("FILE", with: file).replacing("FOLDER", with: deployment.folder)
      }
      var options = [
        "--config": try deployment.write("alpha:\n", to: "alpha.yaml"),
        "--state": deployment.stateFolder(.alpha), "--run": deployment.runFolder,
        "--alpha-http-port": "0",
      ]
      options[failure.option] = filled(failure.value)
      let (ending, text) = try await deployment.outcome(
        "alphad", options.flatMap { [$0.key, $0.value] })
      #expect(ending == .exited(78), "\(text)")
      #expect(
        text.split(separator: "\n").last?.contains(filled(failure.names)) == true, "\(text)")
      #expect(try String(contentsOfFile: file, encoding: .utf8) == "a file")
    }
  }
}
