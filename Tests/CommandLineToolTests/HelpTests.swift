import ArgumentParser
import Testing

@testable import CommandLineTool

@Suite("The help of each command", .timeLimit(.minutes(1)))
struct HelpTests {
  /// The names of all commands that the help shows, with those above them.
  static let commands: [[String]] = names(below: [], Eventually.self)

  private static func names(below path: [String], _ command: any ParsableCommand.Type)
    -> [[String]]
  {
    [path]
      + command.configuration.subcommands.filter { $0.configuration.shouldDisplay }
      .flatMap { names(below: path + [$0._commandName], $0) }
  }

  private func type(_ path: [String]) throws -> any ParsableCommand.Type {
    var type: any ParsableCommand.Type = Eventually.self
    for name in path {
      type = try #require(type.configuration.subcommands.first { $0._commandName == name })
    }
    return type
  }

  @Test("Commands and subcommands are all here")
  func all() {
    #expect(Self.commands.count > 35)
    #expect(Self.commands.contains(["dead-letters", "edit"]))
  }

  @Test("A line has at most 80 columns", arguments: commands)
  func width(_ path: [String]) throws {
    let help = Eventually.helpMessage(for: try type(path), columns: 80)
    for line in help.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
  }

  @Test("There is an example, and each example is parsed as it is", arguments: commands)
  func examples(_ path: [String]) throws {
    let help = Eventually.helpMessage(for: try type(path), columns: 80)
    let parts = help.split(separator: "EXAMPLES\n", maxSplits: 1)
    let shown = try #require(parts.count == 2 ? parts[1] : nil, "no EXAMPLES")
    let text = String(shown.split(separator: "\nUSAGE: ", maxSplits: 1)[0])
    let examples = CommandLineToolTests.examples(in: text)
    #expect(examples.contains { $0.starts(with: path) })
    for words in examples {
      #expect(throws: Never.self, "\(words)") { try Eventually.parseAsRoot(words) }
    }
  }

  @Test("The text is the file's in Golden/help", arguments: commands)
  func golden(_ path: [String]) throws {
    let name = (["eventually"] + path).joined(separator: "-")
    let help = Eventually.helpMessage(for: try type(path), columns: 80)
    try expect([help], match: "help/\(name).txt")
  }

  @Test("A shell's line is taken apart")
  func words() {
    #expect(
      shellCommands(#"A=1 sudo eventually x 'a "b"' "" c\ d > f && g | h"#)
        == [["A=1", "sudo", "eventually", "x", #"a "b""#, "", "c d"], ["f"], ["g"], ["h"]])
    #expect(
      CommandLineToolTests.examples(in: "Say it:\n  A=1 eventually x \\\n    --y z | jq .")
        == [["x", "--y", "z"]])
  }
}
