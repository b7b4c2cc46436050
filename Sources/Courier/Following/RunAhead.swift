import Events

/// Live events that were heard while something before them was missing: the newest unbroken run,
/// bounded. Whatever does not fit is fetched again.
struct RunAhead: Hashable, Sendable {
  static let limit = 4096

  private var records: [Record] = []

  mutating func append(_ record: Record) {
    let follows = records.last.map { $0.header.sequence + 1 == record.header.sequence } ?? true
    if !follows || records.count == Self.limit { records = [] }
    records.append(record)
  }

  /// Gives the events away.
  mutating func take() -> [Record] {
    defer { records = [] }
    return records
  }
}
