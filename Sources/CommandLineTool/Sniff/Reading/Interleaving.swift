import Events
import Runtime

/// Puts the past events of several streams into the order of their times, page by page, while each
/// stream keeps its own order.
struct Interleaving: Hashable, Sendable {
  enum Step: Hashable, Sendable {
    /// The next page of this stream is needed, after this sequence number.
    case fetch(String, after: UInt64)
    case print(Record)
    case end
  }

  private struct Shelf: Hashable {
    var page: ArraySlice<Record> = []
    /// The position at which its log continues; nil at its end.
    var next: UInt64?
  }

  private var shelves: [String: Shelf]

  /// - Parameter places: after which sequence number each stream is read.
  init(_ places: [String: UInt64]) {
    shelves = places.mapValues { Shelf(next: $0) }
  }

  /// The next step.
  mutating func next() -> Step {
    // The earliest event is known only when every stream has shown its own next one.
    let empty = shelves.filter { $0.value.page.isEmpty }
    for (stream, shelf) in empty.sorted(by: { $0.key < $1.key }) {
      if let after = shelf.next { return .fetch(stream, after: after) }
      shelves[stream] = nil
    }
    let first = shelves.min {
      ($0.value.page.first?.header.committedAt ?? .init(microseconds: 0), $0.key)
        < ($1.value.page.first?.header.committedAt ?? .init(microseconds: 0), $1.key)
    }
    guard let stream = first?.key, let record = shelves[stream]?.page.popFirst() else {
      return .end
    }
    return .print(record)
  }

  /// Takes the requested page.
  ///
  /// - Parameter next: the position at which the log continues; nil at its end.
  mutating func add(_ stream: String, page: [Record], next: UInt64?) {
    shelves[stream] = Shelf(page: page[...], next: next)
  }
}
