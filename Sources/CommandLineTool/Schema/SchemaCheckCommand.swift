import ArgumentParser
import Events
import Schema
import Versions

struct SchemaCheckCommand: ServiceCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check that pinned facts are unchanged, and that promised compatibility holds.",
    discussion: """
      Compatibility is checked by decoding: the other versions read each golden payload, and \
      every variant of it that another writer may send. With the lock file of another time or \
      branch, the command checks that this build keeps all facts that are pinned there.

      The exit code is 0 without a problem; 1 with problems, one sentence for each.

      EXAMPLES
        eventually schema check
        git show v0.1.0:Sources/Schema/Schema.lock > then.lock
        eventually schema check then.lock
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
      let count = problems.count == 1 ? "one problem" : "\(problems.count) problems"
      throw Failure(.refused, "\(count): publishing this build would break consumers")
    }
    Output.notes.line("all pinned facts are unchanged, and the promised compatibility holds")
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
