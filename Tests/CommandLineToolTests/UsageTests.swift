import ArgumentParser
import Testing

@testable import CommandLineTool

@Suite("The command line", .timeLimit(.minutes(2)))
struct UsageTests {
  @Test(
    "What cannot be meant is refused with exit code 64",
    arguments: [
      "down", "up --port-base 65532", "up --port-base many", "up now", "up --color blue",
      "up --log-dir", "order", "order widget",
      "order widget 10,00", "order widget ten", "order widget -- -1.00", "order widget 1.2.3",
      "order widget 10.00 --timeout 0", "order widget 10.00 --beta localhost:3992",
      "order widget 10.00 --beta https://localhost", "order widget 10.00 --curl --json",
      "sniff --count 0", "sniff --timeout -1", "sniff --run a --state b",
      "sniff --service Alpha", "sniff --all --last 3", "sniff --last 0", "sniff --since soon",
      "sniff --after 25:00", "sniff --where subject", "sniff --where subjekt=1",
      "sniff --json --csv", "sniff --field nothing", "sniff --format {nothing}",
      "sniff --exit-at-end", "sniff --raw", "sniff -d -t", "sniff -d --json", "sniff --color blue",
      "expect",
      "expect a/ --within never", "expect a/ --never --count 1", "trace", "trace ID --since x",
      "lag --max -1", "record", "record f --count 0", "play f", "play f --bind b --speed -1",
      "sniff --all --connect ipc:///a.events",
      "status gamma", "status --rates --watch", "status --rates --format nagios",
      "status --timeout 0", "status --alpha localhost", "backup", "backup beta",
      "backup Beta file", "backup --into d Beta", "backup beta file --keep 3",
      "backup --into d --keep 0", "backup --into d --force", "backup beta file other",
      "restore beta", "restore beta file --accept", "restore beta file --from d",
      "follow reset beta", "follow reset nobody alpha", "follow remove nobody beta",
      "dead-letters list delta", "dead-letters retry alpha", "dead-letters list --each --grouped",
      "dead-letters retry", "dead-letters discard alpha ID --all",
      "dead-letters retry alpha ID --type a",
      "dead-letters discard alpha --all --reason odd", "dead-letters edit alpha ID --set product",
      "dead-letters edit alpha ID --set a=1 --data {}",
      "dead-letters edit alpha ID --add --data {}",
      "dead-letters edit alpha ID", "dead-letters edit alpha ID --data {",
    ])
  func refused(_ line: String) {
    let error = #expect(throws: (any Error).self) { try Eventually.parseAsRoot(words(line)) }
    #expect(error.map { Eventually.exitCode(for: $0).rawValue } == 64)
  }

  @Test(
    "Valid arguments are parsed",
    arguments: [
      "up", "up --state /tmp/x --port-base 4990", "up --json --log-dir l --color always",
      "order widget 10", "order widget 0.5 --approve",
      "order widget 1.234 --curl", "order widget 10.00 --alpha http://[::1]:3991/",
      "sniff", "sniff alpha/ beta/ --json --count 2 --timeout 1.5", "sniff --all --run /tmp/x",
      "sniff --service alpha beta --all", "sniff --connect ipc:///a --log ipc:///b --all",
      "sniff */order.captured --exclude alpha/ --since 1h --exit-at-end -t -v",
      "sniff --where data.price.amount>1000 --where request=x --csv --field subject",
      "sniff --last 5 --format {time}", "sniff --before 10:00", "sniff --rates",
      "sniff --raw --connect tcp://127.0.0.1:5556", "expect a/ --within 5s --count 3",
      "expect --where request=x --never --since 1m", "trace ID --json", "topics --json",
      "gaps --service alpha", "lag --max 1000", "record f --all --exit-at-end --force",
      "play f --bind tcp://127.0.0.1:5600 --speed 0",
      "status", "status --rates --json", "status beta --json --port-base 4990",
      "backup beta file --force --state s",
      "backup --into d", "backup --into d alpha delta --keep 7 --json", "restore beta --from d",
      "backup delta file", "restore beta file", "restore beta --accept --json",
      "follow reset beta alpha --beta http://b", "follow remove alpha warehouse",
      "dead-letters list alpha --all", "dead-letters show alpha ID --json",
      "dead-letters", "dead-letters alpha --each", "dead-letters list --grouped --json --type a",
      "dead-letters retry alpha ID", "dead-letters discard alpha ID ID2 --json",
      "dead-letters retry alpha --reason odd --stream beta -y", "dead-letters discard beta --all",
      "dead-letters retry http://127.0.0.1:4005 --subject x --yes",
      "dead-letters edit alpha ID --set a.b=1 --set c=d=e --dry-run",
      "dead-letters edit alpha ID --set a=1 --add -y",
      "status http://127.0.0.1:4005 alpha", "follow reset http://delta beta",
      "dead-letters edit alpha ID --data {}", "new service warehouse",
      "new service epsilon2 --folder /tmp/x --eventually https://example.org/eventually",
    ])
  func parsed(_ line: String) throws {
    _ = try Eventually.parseAsRoot(words(line))
  }

  @Test("A word after a command with a default subcommand may be its argument")
  func defaultSubcommand() {
    for words in [
      ["dead-letters", "alpha"], ["dead-letters", "run/delta"], ["dead-letters", "x9"],
    ] {
      #expect(Eventually.unknownCommand(words) == nil)
    }
    #expect(Eventually.unknownCommand(["dead-letters", "lst"])?.mistake.contains("list") == true)
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
