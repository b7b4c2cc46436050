import ArgumentParser
import Events
import Schema
import Versions

struct SchemaCheckCommand: ServiceCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check that what was pinned is as it was, and that promises are kept.",
    discussion: """
      Compatibility is checked by decoding: each golden payload, and everything that another \
      writer may make of it, is read by the other versions. With a lock file of another day or \
      branch it is checked that this build keeps everything that is pinned there.

      The exit code is 0 when all holds; 1 when something does not, with a sentence for each.

      EXAMPLES
        eventually schema check
        git show v0.1.0:Sources/Schema/Schema.lock > then.lock && eventually schema check then.lock
      """)

  @Argument(help: ArgumentHelp("A lock file; this build's own by default.", valueName: "lock"))
  var lock: String?

  @Flag(help: "Print a JSON object on a line.")
  var json = false

  func perform() async throws {
    let problems = try problems()
    if json {
      Output.data.line(Verdict(holds: problems.isEmpty, problems: problems).jsonLine)
    } else {
      for problem in problems { Output.data.line(problem) }
    }
    guard problems.isEmpty else {
      let count = problems.count == 1 ? "one thing" : "\(problems.count) things"
      throw Failure(.refused, "\(count) would break somebody")
    }
    Output.notes.line("all is as it was pinned, and what was promised is kept")
  }

  func problems() throws -> [String] {
    let registry = Registry.eventually
    guard let lock else { return registry.problems(with: try .eventually) }
    return registry.changed(since: try SchemaLock(file: lock), present: try .eventually)
  }
}

private struct Verdict: Encodable {
  let holds: Bool
  let problems: [String]
}
