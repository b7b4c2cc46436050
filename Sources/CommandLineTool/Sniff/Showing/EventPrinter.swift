import Courier
import Events
import Runtime
import Synchronization

/// Prints the selected events, until the limit is reached or the reader has gone.
final class EventPrinter: EventSink {
  let limit: Int?
  private let selection: EventSelection
  private let form: LineForm
  private let showsBeats: Bool
  private let output: Output
  private let printed = Mutex(0)
  /// When the event or beat of the last line was committed.
  private let previous = Mutex<Timestamp?>(nil)

  init(
    _ selection: EventSelection, form: LineForm, showsBeats: Bool = false, limit: Int? = nil,
    output: Output = .data
  ) {
    self.selection = selection
    self.form = form
    self.showsBeats = showsBeats
    self.limit = limit
    self.output = output
    if let heading = form.heading { output.line(heading) }
  }

  /// The number of printed events.
  var count: Int { printed.withLock(\.self) }

  func receive(_ event: SniffedEvent) -> SinkOutcome {
    guard selection.includes(event) else { return .more }
    let line = form.line(event, after: previous(then: event.record.header.committedAt))
    guard output.line(line) else { return .readerGone }
    let count = printed.withLock { count in
      count += 1
      return count
    }
    return limit.map { count >= $0 } ?? false ? .enough : .more
  }

  func receive(_ beat: Beat, topic: String) -> SinkOutcome {
    guard showsBeats else { return .more }
    let previous = previous(then: beat.committedAt)
    guard let line = form.line(beat, topic: topic, after: previous) else { return .more }
    return output.line(line) ? .more : .readerGone
  }

  /// The time of the line before, in whose place comes this one.
  private func previous(then time: Timestamp) -> Timestamp? {
    previous.withLock { previous in
      defer { previous = time }
      return previous
    }
  }
}
