import Events
import Schema

extension CauseTree<SniffedEvent> {
  /// The tree of events of several streams, those beside one another in the order of their times.
  init(_ events: [SniffedEvent]) {
    let sorted = events.sorted {
      ($0.record.header.committedAt, $0.record.topic.stream, $0.record.header.sequence)
        < ($1.record.header.committedAt, $1.record.topic.stream, $1.record.header.sequence)
    }
    self.init(sorted, id: \.id, cause: \.cause)
  }

  /// The steps that should have followed and have not.
  var missing: [OrderFlow.Missing<SniffedEvent>] {
    OrderFlow.missing(
      in: entries.map(\.item), type: \.record.topic.type, subject: \.subject)
  }
}

extension SniffedEvent {
  var id: String? { body?["id"]?.string }
  var cause: String? { body?["causationid"]?.string }
  var subject: String? { body?["subject"]?.string }
}
