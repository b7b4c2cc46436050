import ArgumentParser
import Daemon
import Runtime

/// `eventually demo`: the story of the system in five points, on services that run.
struct DemoCommand: ServiceCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Play the story of the system in five points, on services that run.",
    usage: "eventually demo [--step] [<options>]",
    discussion: """
      Uses the public HTTP API alone: it changes the settings, orders a widget, and looks what \
      became of it in each service. The five points are a change event, a transition event, both \
      together, shared payloads with versions, and the correlation of all work on an order. Each \
      ends with the addresses of the pages that show it.

      The settings that were found are put back at the end, also after Ctrl-C or a failure, unless \
      they were changed by another person meanwhile. The order stays.

      Each wait takes no longer than --timeout.

      The exit code is 0 when all five points were shown; 1 when a service refused a request, or a \
      point does not hold; 69 when a service cannot be reached; 75 when a wait took too long.

      EXAMPLES
        eventually demo
        eventually demo --step
        eventually demo --port-base 4990 --json
      """)

  @Flag(help: "Wait for Return before each point.")
  var step = false

  @Flag(help: "Print each point as a JSON object on a line.")
  var json = false

  @OptionGroup var addresses: AddressOptions

  func perform() async throws {
    let runtime = RuntimeContext.system
    let requests = try DemoRequests(
      addresses, limit: .seconds(addresses.timeout), clock: runtime.uptime)
    let keeper = try await DemoSettingsKeeper(requests, identifier: runtime.identifier)
    let story = DemoStory(
      requests: requests, keeper: keeper, requestID: runtime.identifier().description)
    let result: Result<Void, any Error>
    do {
      result = .success(try await untilInterrupted { try await play(story) })
    } catch {
      result = .failure(error)
    }
    do {
      Output.notes.line(try await keeper.restore().sentence)
    } catch let failure as Failure {
      Output.notes.line("eventually: \(keeper.notRestored) \(failure)".escapedForTerminal)
      try result.get()
      throw ExitCode(failure.status.rawValue)
    }
    try result.get()
  }

  private func play(_ story: DemoStory) async throws {
    let returns = step ? ReturnKey() : nil
    for point in DemoPoint.allCases {
      if !json { Output.data.line(point.opening) }
      try await returns?.pressed()
      let shown = DemoShown(point, played: try await story.play(point), requests: story.requests)
      Output.data.line(json ? shown.jsonLine : shown.text)
    }
  }
}
