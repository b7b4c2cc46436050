import Foundation
import Glibc
import Testing

@Suite("Adversary: what the commands print", .serialized, .timeLimit(.minutes(1)))
struct AdversaryOutputTests {
  @Test
  func `sniff into head ends with head, and not with the next event`() async throws {
    try await withDeployment { deployment in
      try await deployment.start(.alpha)
      let pipe = try deployment.shell(
        "\"$0\" sniff --all --json --run \"$1\" --service alpha 2> /dev/null | head -1",
        [try Programs.path("eventually"), deployment.runFolder])
      #expect(try await pipe.ending() == .exited(0))
      #expect(pipe.lines.all.map { $0.json["topic"] } == ["alpha/settings.changed/v1/"])
    }
  }

  @Test(arguments: ["sniff --all --json --service alpha --count 1", "sniff --all --service alpha"])
  func `events that cannot be written are an error`(line: String) async throws {
    try await withDeployment { deployment in
      try await deployment.start(.alpha)
      let tool = try deployment.shell(
        "exec \"$0\" \(line) --run \"$1\" > /dev/full",
        [try Programs.path("eventually"), deployment.runFolder])
      #expect(try await tool.ending() == .exited(1))
      let last = try #require(tool.lines.all.last)
      #expect(last.text.contains("the standard output cannot be written to (No space left"))
    }
  }

  @Test(
    arguments: [
      ("eventually", "schema list"), ("eventually", "status --json"), ("alphad", "--check-config"),
      ("alphad", "--help"), ("overlordd", "--version"),
    ])
  func `data that cannot be written is exit code 1, and a reader that has gone is none`(
    program: String, arguments: String
  ) async throws {
    try await withDeployment { deployment in
      let full = try deployment.shell(
        "exec \"$0\" \(arguments) > /dev/full", [try Programs.path(program)])
      let ending = try await full.ending()
      // If the services do not answer, that comes first.
      #expect(ending == .exited(arguments.hasPrefix("status") ? 69 : 1), "\(full.lines.all)")
      let gone = try deployment.shell(
        "{ \"$0\" \(arguments); echo $? > code; } 2> notes | :", [try Programs.path(program)])
      _ = try await gone.ending()
      let code = try String(contentsOfFile: deployment.folder + "/code", encoding: .utf8)
      #expect(code == (arguments.hasPrefix("status") ? "69\n" : "0\n"))
    }
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func `sniff ends by a signal while its reader is stuck`(signal: Int32) async throws {
    try await withDeployment { deployment in
      try await deployment.start(.alpha)
      let http = try await deployment.http(.alpha)
      let reader = try StuckReader(in: deployment.folder)
      let sniff = try deployment.shell(
        "exec \"$0\" sniff --all --json --run \"$1\" --service alpha --beats > \(reader.path)",
        [try Programs.path("eventually"), deployment.runFolder])
      try await reader.read(upTo: #""sequence":1,"#)
      // More than a pipe holds.
      try await changeSettings(150, at: http)
      _ = try await sniff.line("that it listens") { $0.text.hasPrefix("listening to") }
      sniff.signal(signal)
      #expect(try await sniff.ending() == .exited(0))
    }
  }
}
