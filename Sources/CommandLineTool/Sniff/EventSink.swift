import Courier
import Events
import FoundationEssentials

/// What a command does with the events that it reads.
protocol EventSink: Sendable {
  /// Takes an event, selected or not.
  func receive(_ event: SniffedEvent) -> SinkOutcome
  /// Takes a publisher's beat, with the topic under which it came.
  func receive(_ beat: Beat, topic: String) -> SinkOutcome
  /// Takes a message that is no event and no beat.
  func receiveForeign(_ frames: [Data]) -> SinkOutcome
}

/// Whether to go on.
enum SinkOutcome: Sendable {
  case more
  case enough
  case readerGone
}

extension EventSink {
  func receive(_ beat: Beat, topic: String) -> SinkOutcome { .more }

  func receiveForeign(_ frames: [Data]) -> SinkOutcome {
    let first = frames.first.map { String(decoding: $0, as: UTF8.self) } ?? ""
    let count = frames.count == 1 ? "1 frame" : "\(frames.count) frames"
    Output.notes.line("a message that is no event: \(count), “\(first.quoted(upTo: 40))”")
    return .more
  }
}
