import Events
import Journal

/// Live events that arrived while earlier events were missing: the newest unbroken run, bounded.
///
/// Other events are fetched again.
struct RunAhead: Hashable, Sendable {
  /// The largest number of events by default.
  static let usualLimit = 4096
  private static let byteLimit = 16 << 20

  /// The largest number of events.
  let limit: Int
  private var records: [Record] = []
  private var bytes = 0

  init(limit: Int = usualLimit) {
    self.limit = limit
  }

  mutating func append(_ record: Record) {
    let follows = records.last.map { $0.header.sequence + 1 == record.header.sequence } ?? true
    if !follows || records.count >= limit || bytes >= Self.byteLimit { clear() }
    records.append(record)
    bytes += record.size
  }

  /// Removes and returns the events after a place of this history.
  mutating func take(after cursor: Cursor) -> ArraySlice<Record> {
    defer { clear() }
    return records.drop {
      $0.header.epoch != cursor.epoch || $0.header.sequence <= cursor.sequence
    }
  }

  private mutating func clear() {
    records = []
    bytes = 0
  }
}

/// Consecutive events from a place on, to be applied as one piece of work.
struct Run {
  let place: Cursor
  var records: [Record] = []

  init(after place: Cursor) {
    self.place = place
  }
}
