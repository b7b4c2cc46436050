import ArgumentParser
import Daemon
import Events

/// `eventually errors`: what a problem means.
struct ErrorsCommand: ServiceCommand {
  static let configuration = CommandConfiguration(
    commandName: "errors",
    abstract: "Explain a kind of problem, and what helps.",
    discussion: """
      Every refusal of a service has a `type`, urn:eventually:problem:KIND. Without a kind all are \
      listed.

      The exit code is 0; 1 for a kind that is not known.

      EXAMPLES
        eventually errors
        eventually errors order-in-flight
        eventually errors urn:eventually:problem:disk-full --json
      """)

  @Argument(help: ArgumentHelp("The kind, or the whole type.", valueName: "kind"))
  var kind: String?

  @Flag(help: "Print a JSON object for each kind on a line.")
  var json = false

  func perform() async throws {
    for line in try lines { Output.data.line(line) }
  }

  /// What the command prints.
  ///
  /// - Throws: 1, for a kind that is not known.
  var lines: [String] {
    get throws {
      guard let kind else { return lines(of: ErrorKinds.all) }
      guard let known = ErrorKinds.named(kind) else {
        let near =
          kind.nearest(of: ErrorKinds.all.map(\.kind)).map { " Did you mean \($0)?" } ?? ""
        throw Failure(.refused, "there is no kind \(kind.quoted(upTo: 60)).\(near)")
      }
      return lines(of: [known])
    }
  }

  /// A line for each kind as JSON or in a table, or the one that was asked for whole.
  private func lines(of kinds: [ErrorKinds.Kind]) -> [String] {
    if json { return kinds.map(\.jsonLine) }
    guard kind == nil else {
      return kinds.map { "\($0.kind), status \($0.status)\n\($0.meaning)\n\($0.remedy)" }
    }
    let rows = kinds.map { [$0.kind, "\($0.status)", $0.meaning] }
    return columns([["KIND", "STATUS", "MEANING"]] + rows, numbers: 1...1)
  }
}
