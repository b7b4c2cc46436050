import ArgumentParser
import Daemon
import Events
import FoundationEssentials
import Runtime
import Schema

/// `eventually trace`: all that one request has caused, in all services.
struct TraceCommand: ServiceCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace",
    abstract: "Show all events that a request has caused, each under its cause.",
    usage: "eventually trace <id> [<options>]",
    discussion: """
      The events are read from the services' logs. Each line has the time since the first event, \
      and is indented below the event that caused it. A step that should have followed and has \
      not is shown with the service that it waits for.

      The id is the Request ID of the work (X-Request-ID, in every log line as \
      labels.correlation_id), or an order's id, or the end of one, as `sniff` and `up` show it.

      The exit code is 0 when everything has come that should; 1 when a step is missing, or there \
      is no event with this id; 69 when a log does not answer.

      EXAMPLES
        eventually trace 019e0c5a-7b00-7001-8001-000000000001
        eventually trace ID --since 1h --json
      """)

  @Argument(help: ArgumentHelp("The Request ID, or the order's id.", valueName: "id"))
  var id: String

  @Option(help: ArgumentHelp("Read no further back: 15m, 1h, 2d.", valueName: "duration"))
  var since: String?

  @Flag(help: "Print each event as a JSON object on a line.")
  var json = false

  @Option(help: ArgumentHelp("Colour the lines: auto, always or never.", valueName: "when"))
  var color = ColorChoice.auto

  @OptionGroup(title: "Where to listen") var source: SourceOptions

  func validate() throws {
    if let since, TimePoint.duration(since) == nil {
      throw ValidationError("--since \(since): write a duration, for example 15m, 1h or 2d.")
    }
  }

  func perform() async throws {
    let now = RuntimeContext.system.now()
    let start = since.flatMap(TimePoint.duration).map { EventStart.time(now - $0) } ?? .beginning
    let tree = CauseTree(
      try await Self.work(
        id, in: try source.sources(),
        EventReading.Plan(start: start, endsAtEnd: true, needsAllLogs: true)))
    guard let first = tree.entries.first?.item else {
      throw Failure(
        .refused,
        """
        no event has the request or the subject \(id.quoted(upTo: 60)). Where it is older than \
        what the logs keep, Overlord may still have it.
        """)
    }
    let isColored = color.colors(.data, environment: ProcessInfo.processInfo.environment)
    for entry in tree.entries {
      Output.data.line(
        json ? entry.item.record.jsonLine : entry.line(since: first, isColored: isColored))
    }
    let missing = tree.missing
    for step in missing { Output.notes.line(step.sentence(at: now)) }
    if !missing.isEmpty { throw Failure(.refused, "the work is not finished, see above") }
  }

  /// The events of the work that an id names: by its request, or by the order that it is about.
  ///
  /// The logs are read twice, first for the work's id and then for its events: so no more is kept than
  /// the work, however long the logs are.
  private static func work(
    _ id: String, in sources: SniffSources, _ plan: EventReading.Plan
  ) async throws -> [SniffedEvent] {
    let requests = EventCollector { event in
      let correlation = event.body?["correlationid"]?.string
      let ids = [correlation, event.body?["requestid"]?.string, event.subject]
      return ids.contains { $0?.isNamed(by: id) == true } ? correlation : nil
    }
    try await Sniff(sources: sources, plan: plan, sink: requests).run()
    let wanted = Set(requests.kept)
    guard !wanted.isEmpty else { return [] }
    let events = EventCollector { event in
      event.body?["correlationid"]?.string.map(wanted.contains) == true ? event : nil
    }
    try await Sniff(sources: sources, plan: plan, sink: events).run()
    return events.kept
  }
}

extension CauseTree<SniffedEvent>.Entry {
  /// The event below its cause, with the time since the first event.
  func line(since first: SniffedEvent, isColored: Bool) -> String {
    let time = item.record.header.committedAt.since(first.record.header.committedAt)
    let offset = "+\((time / .milliseconds(1)).rounded3) ms"
    let indent = depth == 0 ? "" : String(repeating: "   ", count: depth - 1) + "└─ "
    let line = ShortLine(isColored: isColored).line(item)
    return offset.padded(to: 14) + indent + line
  }
}

extension OrderFlow.Missing<SniffedEvent> {
  /// The step that should have followed, and since when.
  func sentence(at now: Timestamp) -> String {
    let time = now.since(after.record.header.committedAt)
    return """
      \(step.types.joined(separator: " or ")) of \(step.service) has not come after \(after.record.topic.type) \
      #\(after.record.header.sequence), \(time.inSeconds) ago
      """
  }
}
