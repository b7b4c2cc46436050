import ArgumentParser
import Daemon
import Runtime

/// Where the reading of a stream begins.
enum EventStart: Hashable, Sendable {
  /// With the next event.
  case live
  /// With the first event that the logs keep.
  case beginning
  /// With the last events of the selection, so many of all streams together.
  case last(Int)
  /// With the first event of this time.
  case time(Timestamp)
  /// With this sequence number, in each stream.
  case sequence(UInt64)
}

/// The options by which a command chooses how far back it reads.
struct StartOptions: ParsableArguments {
  @Flag(help: "Read all past events from the logs first.")
  var all = false

  @Option(help: ArgumentHelp("Begin with the last events that match, so many.", valueName: "n"))
  var last: Int?

  @Option(
    help: ArgumentHelp("Begin so long ago: 90s, 15m, 1h, 2d.", valueName: "duration"))
  var since: String?

  @Option(help: ArgumentHelp("Begin with this number, in each stream.", valueName: "n"))
  var fromSequence: UInt64?

  @Option(
    help: ArgumentHelp(
      "Only events from this time on: 2026-11-26T10:00:00Z, or the local 10:00.",
      valueName: "time"))
  var after: String?

  @Option(
    help: ArgumentHelp("Only events before this time, and end there.", valueName: "time"))
  var before: String?

  func validate() throws {
    let starts: [(name: String, isGiven: Bool)] = [
      ("--all", all), ("--last", last != nil), ("--since", since != nil),
      ("--from-sequence", fromSequence != nil), ("--after", after != nil),
    ]
    let given = starts.filter(\.isGiven).map(\.name)
    guard given.count < 2 else {
      throw ValidationError("\(given[0]) and \(given[1]) do not go together: choose one start.")
    }
    if let last, last < 1 { throw ValidationError("--last \(last): choose 1 or more.") }
    if let since, TimePoint.duration(since) == nil {
      throw ValidationError("--since \(since): write a duration, for example 90s, 15m, 1h or 2d.")
    }
    for (name, text) in [("--after", after), ("--before", before)] {
      guard let text, time(text) == nil else { continue }
      throw ValidationError(
        "\(name) \(text): write a time, for example 2026-11-26T10:00:00Z, or the local 10:00.")
    }
  }

  var start: EventStart {
    if let last { return .last(last) }
    if let since, let duration = TimePoint.duration(since) { return .time(now - duration) }
    if let fromSequence { return .sequence(fromSequence) }
    if let after = after.flatMap(time) { return .time(after) }
    return all || before != nil ? .beginning : .live
  }

  /// The selection, within the chosen times.
  func narrow(_ selection: EventSelection, to start: EventStart) -> EventSelection {
    var selection = selection
    if case .time(let time) = start { selection.after = time }
    if case .sequence(let first) = start { selection.firstSequence = first }
    selection.before = before.flatMap(time)
    return selection
  }

  private var now: Timestamp { RuntimeContext.system.now() }

  private func time(_ text: String) -> Timestamp? { TimePoint.read(text, now: now) }
}
