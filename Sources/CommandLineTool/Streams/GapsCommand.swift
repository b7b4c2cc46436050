import ArgumentParser
import Courier
import Events
import Synchronization

/// `eventually gaps`: whether the logs are whole.
struct GapsCommand: ServiceCommand {
  static let configuration = CommandConfiguration(
    commandName: "gaps",
    abstract: "Read the services' logs, and check that no event is missing or changed.",
    usage: "eventually gaps [<options>]",
    discussion: """
      Every event that the logs keep is read, and from the floor of a log on its number and its \
      chain are compared with those of the event before it. `eventually sniff --no-gaps` watches the wire instead.

      The exit code is 0 when the logs are whole; 1 for a gap or a broken chain; 69 when no log \
      answers.

      EXAMPLES
        eventually gaps
        eventually gaps --service alpha --json
      """)

  @Flag(help: "Print a JSON object for each stream on a line.")
  var json = false

  @OptionGroup(title: "Where to read") var source: SourceOptions

  func perform() async throws {
    let sources = try source.sources()
    let floors = try await StreamStatus.read(sources, notes: false).map { ($0.stream, $0.floor) }
    let checker = GapChecker(floors: Dictionary(floors) { first, _ in first })
    try await Sniff(
      sources: sources,
      plan: EventReading.Plan(start: .beginning, endsAtEnd: true, needsAllLogs: true),
      sink: checker
    ).run()
    let findings = checker.findings
    for finding in findings {
      Output.data.line(json ? finding.jsonLine : finding.sentence)
    }
    let broken = findings.filter { !$0.gaps.isEmpty }.map(\.stream)
    guard broken.isEmpty else {
      throw Failure(.refused, "\(broken.joined(separator: ", ")): the log is not whole, see above")
    }
  }
}

/// Compares every event with the one before it.
final class GapChecker: EventSink {
  /// What was found in one stream.
  struct Finding: Encodable, Hashable, Sendable {
    let stream: String
    var events = 0
    var first: UInt64
    var last: UInt64
    /// The numbers of events that do not continue those before them.
    var gaps: [UInt64] = []

    var sentence: String {
      let range = "\(stream): \(events.grouped) events, #\(first) to #\(last)"
      guard let gap = gaps.first else { return "\(range), whole" }
      return "\(range), broken before #\(gap)"
        + (gaps.count > 1 ? " and \(gaps.count - 1) more" : "")
    }
  }

  private struct State {
    var findings: [String: Finding] = [:]
    var last: [String: Record] = [:]
  }

  private let floors: [String: UInt64]
  private let state = Mutex(State())

  /// - Parameter floors: the number of each stream below which events have been removed, so that what is
  ///   left there does not continue.
  init(floors: [String: UInt64]) {
    self.floors = floors
  }

  var findings: [Finding] {
    state.withLock { $0.findings.values.sorted { $0.stream < $1.stream } }
  }

  func receive(_ event: SniffedEvent) -> SinkOutcome {
    let record = event.record
    let stream = record.topic.stream
    let sequence = record.header.sequence
    state.withLock { state in
      var finding =
        state.findings[stream] ?? Finding(stream: stream, first: sequence, last: sequence)
      if let before = state.last[stream]?.header, before.sequence >= floors[stream] ?? 0,
        !record.follows(sequence: before.sequence, chain: before.chain)
      {
        finding.gaps.append(sequence)
      }
      finding.events += 1
      finding.last = sequence
      state.findings[stream] = finding
      state.last[stream] = record
    }
    return .more
  }
}
