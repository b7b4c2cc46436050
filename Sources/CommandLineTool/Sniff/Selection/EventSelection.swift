import ArgumentParser
import Events
import Runtime

/// The events that a command is about.
struct EventSelection: Hashable, Sendable {
  /// The beginnings of topics, of which one suffices; all events without one.
  var patterns: [TopicPattern] = []
  /// The beginnings of topics that are left out.
  var excluded: [TopicPattern] = []
  /// What must hold of an event, all of it.
  var conditions: [Condition] = []
  /// The time of the first event; nil without one.
  var after: Timestamp?
  /// The time that the events are before; nil without one.
  var before: Timestamp?
  /// The first number, in each stream.
  var firstSequence: UInt64 = 0

  /// Whether an event is one of them.
  func includes(_ event: SniffedEvent) -> Bool {
    let topic = event.record.topic.description
    let time = event.record.header.committedAt
    return (patterns.isEmpty || patterns.contains { $0.matches(topic) })
      && !excluded.contains { $0.matches(topic) }
      && event.record.header.sequence >= firstSequence
      && (after.map { time >= $0 } ?? true) && (before.map { time < $0 } ?? true)
      && conditions.allSatisfy { $0.holds(for: event) }
  }

  /// The patterns whose stream is none of these, so that they can match nothing here.
  func patterns(outside streams: [String]) -> [TopicPattern] {
    patterns.filter { pattern in pattern.stream.map { !streams.contains($0) } ?? false }
  }
}

/// The options by which a command chooses events.
struct SelectionOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "Beginnings of topics; * stands for any characters but a slash.", valueName: "topic"))
  var topics: [String] = []

  @Option(
    help: ArgumentHelp(
      "Only events for which this holds, for example subject=ID, request=ID, data.price.amount>999.",
      valueName: "condition"))
  var `where`: [String] = []

  @Option(help: ArgumentHelp("Leave these topics out.", valueName: "topic"))
  var exclude: [String] = []

  func validate() throws {
    if let long = (topics + exclude).first(where: { $0.utf8.count > 255 }) {
      throw ValidationError("the prefix \(long) is longer than 255 bytes.")
    }
    do {
      for text in `where` { _ = try Condition(text) }
    } catch {
      throw ValidationError("--where: \(error)")
    }
  }

  /// - Throws: nothing after validation.
  func selection() throws -> EventSelection {
    EventSelection(
      patterns: topics.map(TopicPattern.init), excluded: exclude.map(TopicPattern.init),
      conditions: try `where`.map(Condition.init))
  }
}
