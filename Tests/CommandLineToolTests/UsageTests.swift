import ArgumentParser
import Testing

@testable import CommandLineTool

@Suite("The command line", .timeLimit(.minutes(2)))
struct UsageTests {
  @Test(
    "What cannot be meant is refused with exit code 64",
    arguments: [
      "down", "up --port-base 65532", "up --port-base many", "up now", "order", "order widget",
      "order widget 10,00", "order widget ten", "order widget -- -1.00", "order widget 1.2.3",
      "order widget 10.00 --timeout 0", "order widget 10.00 --beta localhost:3992",
      "order widget 10.00 --beta https://localhost", "order widget 10.00 --curl --json",
      "sniff --count 0", "sniff --timeout -1", "sniff --run a --state b",
      "sniff --service Alpha", "sniff --all --connect ipc:///a.events",
      "status nobody", "status --timeout 0", "status --alpha localhost", "backup", "backup beta",
      "backup Beta file", "restore beta", "restore beta file --accept",
      "follow reset beta", "follow reset nobody alpha", "follow remove nobody beta",
      "dead-letters list", "dead-letters retry alpha",
      "dead-letters edit alpha ID", "dead-letters edit alpha ID --data {",
    ])
  func refused(_ line: String) {
    let error = #expect(throws: (any Error).self) { try Eventually.parseAsRoot(words(line)) }
    #expect(error.map { Eventually.exitCode(for: $0).rawValue } == 64)
  }

  @Test(
    "Valid arguments are parsed",
    arguments: [
      "up", "up --state /tmp/x --port-base 4990", "order widget 10", "order widget 0.5 --approve",
      "order widget 1.234 --curl", "order widget 10.00 --alpha http://[::1]:3991/",
      "sniff", "sniff alpha/ beta/ --json --count 2 --timeout 1.5", "sniff --all --run /tmp/x",
      "sniff --service alpha beta --all", "sniff --connect ipc:///a --log ipc:///b --all",
      "status", "status beta --json --port-base 4990", "backup beta file --force --state s",
      "backup delta file", "restore beta file", "restore beta --accept --json",
      "follow reset beta alpha --beta http://b", "follow remove alpha warehouse",
      "dead-letters list alpha --all", "dead-letters show alpha ID --json",
      "dead-letters retry alpha ID", "dead-letters discard alpha ID",
      "dead-letters edit alpha ID --data {}", "new service warehouse",
      "new service epsilon2 --folder /tmp/x --eventually https://example.org/eventually",
    ])
  func parsed(_ line: String) throws {
    _ = try Eventually.parseAsRoot(words(line))
  }

  @Test("Help and version are answers, not errors", arguments: ["--help", "--version", "up -h"])
  func help(_ line: String) throws {
    do {
      // `--help` of a subcommand is a command of its own.
      _ = try Eventually.parseAsRoot(words(line))
    } catch {
      #expect(Eventually.exitCode(for: error) == .success)
    }
  }

  @Test(
    "The help of every command has examples",
    arguments: [
      "up", "order", "sniff", "status", "backup", "restore", "follow", "dead-letters", "new",
    ])
  func examples(_ name: String) throws {
    let command = try #require(
      Eventually.configuration.subcommands.first { $0.configuration.commandName == name })
    #expect(command.configuration.discussion.contains("EXAMPLES\n  eventually \(name)"))
  }

  @Test("An address is plain HTTP, with or without port and path")
  func addresses() throws {
    let address = try #require(ServiceAddress("http://beta.local:80/shop/"))
    #expect(address.host == "beta.local")
    #expect(address.port == 80)
    #expect(address.path == "/shop")
    #expect(address.description == "http://beta.local:80/shop")
    #expect(ServiceAddress("http://beta")?.port == 80)
    #expect(ServiceAddress("beta:3992") == nil)
  }

  private func words(_ line: String) -> [String] {
    line.split(separator: " ").map(String.init)
  }
}
