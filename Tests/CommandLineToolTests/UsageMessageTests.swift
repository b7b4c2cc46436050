import ArgumentParser
import Testing

@testable import CommandLineTool

@Suite("A mistake on the command line", .timeLimit(.minutes(1)))
struct UsageMessageTests {
  private func message(_ line: String) throws -> UsageMessage {
    let words = shellCommands(line).first ?? []
    if let unknown = Eventually.unknownCommand(words) { return unknown }
    let error = try #require(throws: (any Error).self, "\(line)") {
      try Eventually.parseAsRoot(words)
    }
    return try #require(UsageMessage(error, arguments: words))
  }

  @Test(
    "is named with its value, and with the command that has the help",
    arguments: [
      ("up --port-base many", "the value 'many' is invalid for '--port-base <port>'.", "up"),
      ("up now", "unexpected argument 'now'.", "up"),
      ("order", "missing expected argument '<product>'.", "order"),
      ("order widget", "missing expected argument '<price>'.", "order"),
      ("sniff --count", "missing value for '--count <n>'.", "sniff"),
      ("sniff --jsn", "unknown option '--jsn'. Did you mean '--json'?", "sniff"),
      ("sniff -q", "unknown option '-q'.", "sniff"),
      (
        "sniff --all=3", "the option '--all' does not take any value, but '3' was specified.",
        "sniff"
      ),
      ("backup Beta file", "Beta: write a service's name, for example beta.", "backup"),
      (
        "expect a/ --within never", "--within never: write a duration, for example 5s or 2m.",
        "expect"
      ),
      ("play f", "missing expected argument '--bind <endpoint>'.", "play"),
      ("follow reset beta", "missing expected argument '<stream>'.", "follow reset"),
      ("topics x y", "2 unexpected arguments: 'x', 'y'.", "topics"),
      ("dead-letters edit alpha ID --data {", "--data { is not JSON.", "dead-letters edit"),
      ("--jsn", "unknown option '--jsn'.", ""),
      ("ordr", "there is no command ordr. Did you mean `eventually order`?", ""),
      (
        "dead-letters lst", "there is no command lst. Did you mean `eventually dead-letters list`?",
        "dead-letters"
      ),
      (
        "schema chek", "there is no command chek. Did you mean `eventually schema check`?", "schema"
      ),
      ("schema fly", "there is no command fly.", "schema"),
      (
        "status --port-bse 3", "unknown option '--port-bse'. Did you mean '--port-base'?", "status"
      ),
      ("lag --port-base=3", "unknown option '--port-base'.", "lag"),
      (
        "dead-letters alpha --eech", "unknown option '--eech'. Did you mean '--each'?",
        "dead-letters"
      ),
      ("help bogus", "there is no command bogus.", ""),
      ("help ordr", "there is no command ordr. Did you mean `eventually help order`?", ""),
      ("help dead-letters bogus", "there is no command bogus.", "dead-letters"),
    ])
  func named(line: String, mistake: String, command: String) throws {
    let help = command.isEmpty ? "eventually --help" : "eventually \(command) --help"
    #expect(try message(line).lines == ["error: \(mistake)", "See `\(help)`."])
  }

  @Test(
    "names what is allowed, where that is a list",
    arguments: [
      ("sniff --color blue", "'blue'", "'never'"), ("status gamma", "'gamma'", "alpha, beta"),
      ("status gamma", "'gamma'", ", RUN-DIR/NAME"),
      ("sniff --service run/delta", "run/delta", "--run 'run' --service delta"),
      ("sniff --service tcp://127.0.0.1:5556", "tcp://127.0.0.1:5556", "--connect ENDPOINT"),
      ("order widget 10,00", "10,00", "10.00"), ("sniff --where subjekt=1", "subjekt", "subject?"),
    ])
  func allowed(line: String, value: String, remedy: String) throws {
    let lines = try message(line).lines
    #expect(lines.count == 2)
    #expect(lines[0].contains(value))
    #expect(lines[0].contains(remedy))
  }

  @Test("is on one line of a terminal, whatever the value is")
  func escaped() throws {
    let lines = try message("up 'a\u{1b}[2J\nb'").lines
    #expect(lines.count == 2)
    #expect(!lines[0].contains("\u{1b}"))
    #expect(!lines[0].contains("\n"))
  }

  @Test(
    "is neither help nor a known command",
    arguments: [
      "--help", "--version", "help", "order x 1", "help order", "help dead-letters retry",
      "help help",
    ])
  func answers(_ line: String) throws {
    let words = shellCommands(line)[0]
    #expect(Eventually.unknownCommand(words) == nil)
    do {
      _ = try Eventually.parseAsRoot(words)
    } catch {
      #expect(UsageMessage(error, arguments: words) == nil)
    }
  }
}
