import Events
import Journal
import RoomTesting
import Testing

/// Following another stream: effects, emitted events and the cursor are one commit.
@Suite(.timeLimit(.minutes(1)))
struct ApplyTests {
  private let clock = TestClock()

  /// Stores each text and emits an event that it opened the thing.
  private static let answering = Reaction.on(Noted.self, from: "other") { event, transaction in
    try transaction.store(event.data.text)
    try transaction.emit(Opened(thing: event.subject), correlation: event.consequence)
    return .done
  }

  @Test func `effect, emitted event and cursor are committed together`() async throws {
    let journal = try makeJournal(reacting: [Self.answering], in: clock)
    let other = SyntheticLog()
    let record = try other.next(Noted(thing: "a", text: "one"))
    let cursor = other.cursor
    try await journal.write { try $0.apply([record], of: "other", through: cursor) }
    try journal.look { snapshot throws in
      #expect(try snapshot.texts() == ["one"])
      #expect(try snapshot.cursor(of: "other") == cursor)
      #expect(try snapshot.cursor(of: "another") == .start)
      let emitted = try Envelope<Opened>(snapshot.records(after: 0, limit: 1)[0])
      let cause = try Envelope<Noted>(record)
      #expect(emitted.correlation.id == cause.correlation.id)
      #expect(emitted.correlation.causationID == cause.id)
      #expect(emitted.correlation.requestID == nil)
    }
  }

  @Test func `events from a place that is not the journal's are not applied`() throws {
    let journal = try makeJournal(reacting: [Self.answering], in: clock)
    let other = SyntheticLog()
    let records = try (1...3).map { try other.next(Noted(thing: "a", text: "\($0)")) }
    let cursor = other.cursor
    let middle = Cursor(epoch: other.epoch, sequence: 2, chain: records[1].header.chain)
    try journal.write {
      try $0.apply(Array(records[...1]), of: "other", from: .start, through: middle)
    }
    for place in [Cursor.start, cursor] {
      #expect(throws: StaleCursor.self) {
        try journal.write { try $0.apply(records, of: "other", from: place, through: cursor) }
      }
    }
    try journal.write {
      try $0.apply(Array(records[2...]), of: "other", from: middle, through: cursor)
    }
    try journal.look { snapshot throws in
      #expect(try snapshot.texts() == ["1", "2", "3"])
      #expect(try snapshot.head().sequence == 3)
      #expect(try snapshot.cursor(of: "other") == cursor)
    }
  }

  @Test func `a transaction that fails moves no cursor`() throws {
    let journal = try makeJournal(reacting: [Self.answering], in: clock)
    let other = SyntheticLog()
    let record = try other.next(Noted(thing: "a", text: "one"))
    let cursor = other.cursor
    #expect(throws: Refused()) {
      try journal.write { transaction in
        try transaction.apply([record], of: "other", through: cursor)
        throw Refused()
      }
    }
    try journal.look { snapshot throws in
      #expect(try snapshot.texts() == [])
      #expect(try snapshot.cursor(of: "other") == .start)
      #expect(try snapshot.head().sequence == 0)
    }
    try journal.write { try $0.apply([record], of: "other", through: cursor) }
    #expect(try journal.look { try $0.texts() } == ["one"])
  }

  @Test func `a cursor moves to another history of the same events`() throws {
    let journal = try makeJournal(reacting: [Self.answering], in: clock)
    let other = SyntheticLog()
    let record = try other.next(Noted(thing: "a", text: "one"))
    try journal.write { try $0.apply([record], of: "other", through: other.cursor) }
    var moved = other.cursor
    moved.epoch = Epoch(.max)
    try journal.write { try $0.apply([], of: "other", through: moved) }
    #expect(try journal.look { try $0.cursor(of: "other") } == moved)
  }

  @Test func `a place without a history is kept as such`() throws {
    let journal = try makeJournal(in: clock)
    let place = Cursor(epoch: nil, sequence: 4, chain: .zero)
    try journal.write { try $0.apply([], of: "other", through: place) }
    #expect(try journal.look { try $0.cursor(of: "other") } == place)
  }

  @Test func `an unknown type is reported with its work, and what an event causes after it`() throws
  {
    let heard = Heard<EventOutcome>()
    let journal = try makeJournal(
      reacting: [Self.answering], in: clock, reporting: heard.hear)
    let other = SyntheticLog()
    let records = [
      try other.next(Opened(thing: "a")), try other.next(Noted(thing: "a", text: "one")),
    ]
    try journal.write { try $0.apply(records, of: "other", through: other.cursor) }
    #expect(heard.values.map(\.kind) == [.unknown, .applied, .emitted])
    let skipped = try Envelope<Unread>(records[0])
    #expect(heard.values[0].correlation == nil, "the body of what is skipped is not read")
    #expect(heard.values[0].read.correlation == skipped.correlation)
    #expect(heard.values[0].read.id == skipped.id)
    #expect(try journal.look { try $0.texts() } == ["one"])
    #expect(try journal.look { try $0.deadLetterCount() } == 0)
  }

  @Test func `a reaction to everything gets each type, unless another is closer`() throws {
    let journal = try makeJournal(
      reacting: [
        Self.answering,
        .onEverything(from: "other") { event, record, transaction in
          try transaction.store("\(record.topic.type) \(event.subject)")
          return .done
        },
      ], in: clock)
    let other = SyntheticLog()
    let records = [
      try other.next(Opened(thing: "a")), try other.next(Noted(thing: "a", text: "one")),
    ]
    try journal.write { try $0.apply(records, of: "other", through: other.cursor) }
    #expect(try journal.look { try $0.texts() } == ["thing.opened a", "one"])
  }

  @Test func `reopening the file goes on where it was`() throws {
    let folder = try TemporaryFolder()
    let other = SyntheticLog()
    var heads: [Head] = []
    for text in ["one", "two", "three"] {
      let journal = try makeJournal(.file(folder.file()), reacting: [Self.answering], in: clock)
      let record = try other.next(Noted(thing: "a", text: text))
      try journal.write { try $0.apply([record], of: "other", through: other.cursor) }
      heads.append(try journal.look { try $0.head() })
      try journal.close()
    }
    let journal = try makeJournal(.file(folder.file()), reacting: [Self.answering], in: clock)
    try journal.look { snapshot throws in
      #expect(try snapshot.texts() == ["one", "two", "three"])
      #expect(try snapshot.cursor(of: "other") == other.cursor)
      #expect(try snapshot.lineage().count == 1)
    }
    #expect(heads.map(\.sequence) == [1, 2, 3])
    #expect(Set(heads.map(\.epoch)).count == 1)
  }
}
