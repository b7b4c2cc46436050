import Synchronization

/// Keeps what a closure makes of each event, and nothing of the events of which it makes nothing.
final class EventCollector<Kept: Sendable>: EventSink {
  private let take: @Sendable (SniffedEvent) -> Kept?
  private let items = Mutex<[Kept]>([])

  init(_ take: @escaping @Sendable (SniffedEvent) -> Kept?) {
    self.take = take
  }

  var kept: [Kept] { items.withLock(\.self) }

  func receive(_ event: SniffedEvent) -> SinkOutcome {
    if let item = take(event) { items.withLock { $0.append(item) } }
    return .more
  }
}
