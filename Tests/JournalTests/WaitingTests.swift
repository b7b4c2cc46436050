import Events
import Journal
import RoomTesting
import Testing

/// Events that are ahead of the state that they need, and what is behind them.
@Suite(.timeLimit(.minutes(1)))
struct WaitingTests {
  private let clock = TestClock()

  /// Stores a text about a thing that was opened, and waits for one that was not.
  ///
  /// It stores and emits something before it finds out, which must be undone.
  private static let noting = Reaction.on(Noted.self, from: "other") { event, transaction in
    try transaction.store("\(event.subject): \(event.data.text)")
    try transaction.emit(Noted(thing: event.subject, text: "heard"), correlation: event.consequence)
    let isOpen = try transaction.texts().contains("opened \(event.subject)")
    return isOpen ? .done : .wait("\(event.subject) is not open")
  }

  private static let opening = Reaction.on(Opened.self, from: "doors") { event, transaction in
    try transaction.store("opened \(event.subject)")
    return .done
  }

  private func journal(
    reporting report: @escaping @Sendable (ServiceJournal.Commit) -> Void = { _ in }
  ) throws -> ServiceJournal {
    try makeJournal(reacting: [Self.noting, Self.opening], in: clock, reporting: report)
  }

  @Test func `a waiting event is deferred, and its reaction's effects are undone`() throws {
    let heard = Heard<EventOutcome>()
    let journal = try journal(reporting: heard.hear)
    let other = SyntheticLog()
    let record = try other.next(Noted(thing: "a", text: "one"))
    try journal.write { try $0.apply([record], of: "other", through: other.cursor) }
    #expect(heard.values.map(\.kind) == [.waiting("a is not open")])
    try journal.look { snapshot throws in
      #expect(try snapshot.texts() == [])
      #expect(try snapshot.head().sequence == 0)
      #expect(try snapshot.cursor(of: "other") == other.cursor)
      #expect(try snapshot.deadLetterCount() == 0)
    }
  }

  @Test func `other subjects flow while one waits`() throws {
    let journal = try journal()
    try journal.write { try $0.store("opened b") }
    let other = SyntheticLog()
    let records = try ["a", "b", "a", "b"].enumerated().map {
      try other.next(Noted(thing: $1, text: "\($0)"))
    }
    try journal.write { try $0.apply(records, of: "other", through: other.cursor) }
    #expect(try journal.look { try $0.texts() } == ["opened b", "b: 1", "b: 3"])
  }

  @Test func `a reaction of another stream releases what waits, in order`() throws {
    let heard = Heard<EventOutcome>()
    let journal = try journal(reporting: heard.hear)
    let other = SyntheticLog()
    let doors = SyntheticLog("doors")
    let records = try (1...3).map { try other.next(Noted(thing: "a", text: "\($0)")) }
    try journal.write { try $0.apply(records, of: "other", through: other.cursor) }
    let opened = try doors.next(Opened(thing: "a"))
    try journal.write { try $0.apply([opened], of: "doors", through: doors.cursor) }
    #expect(try journal.look { try $0.texts() } == ["opened a", "a: 1", "a: 2", "a: 3"])
    #expect(heard.values.filter { $0.kind == .applied }.map(\.sequence) == [1, 1, 2, 3])
    #expect(try journal.look { try $0.head().sequence } == 3)

    let later = try other.next(Noted(thing: "a", text: "4"))
    try journal.write { try $0.apply([later], of: "other", through: other.cursor) }
    #expect(try journal.look { try $0.texts().last } == "a: 4")
  }

  @Test func `a local transaction with an event of the subject releases waiting events`()
    throws
  {
    let journal = try journal()
    let other = SyntheticLog()
    let records = try (1...3).map { try other.next(Noted(thing: "a", text: "\($0)")) }
    try journal.write { try $0.apply(records, of: "other", through: other.cursor) }
    let correlation = clock.correlation
    try journal.write { transaction in
      try transaction.store("opened a")
      try transaction.emit(Opened(thing: "a"), correlation: correlation)
    }
    #expect(try journal.look { try $0.texts() } == ["opened a", "a: 1", "a: 2", "a: 3"])
  }

  @Test func `a change of another subject releases nothing`() throws {
    let journal = try journal()
    let other = SyntheticLog()
    let records = try (1...3).map { try other.next(Noted(thing: "a", text: "\($0)")) }
    try journal.write { try $0.apply(records, of: "other", through: other.cursor) }
    let correlation = clock.correlation
    try journal.write { transaction in
      try transaction.store("opened a")
      try transaction.emit(Opened(thing: "b"), correlation: correlation)
    }
    #expect(try journal.look { try $0.texts() } == ["opened a"])
  }

  @Test func `events of the releasing transaction itself are in order too`() throws {
    let journal = try makeJournal(
      reacting: [
        Self.noting,
        .on(Opened.self, from: "other") { event, transaction in
          try transaction.store("opened \(event.subject)")
          return .done
        },
      ], in: clock)
    let other = SyntheticLog()
    let records = [
      try other.next(Noted(thing: "a", text: "1")), try other.next(Opened(thing: "b")),
      try other.next(Noted(thing: "b", text: "2")), try other.next(Opened(thing: "a")),
    ]
    try journal.write { try $0.apply(records, of: "other", through: other.cursor) }
    // The opening of a is itself behind the note that waits for it: one stream holds its order.
    #expect(try journal.look { try $0.texts() } == ["opened b", "b: 2"])
  }

  @Test func `waiting survives a new start`() throws {
    let folder = try TemporaryFolder()
    let reactions = [Self.noting, Self.opening]
    let other = SyntheticLog()
    let doors = SyntheticLog("doors")
    let first = try makeJournal(.file(folder.file()), reacting: reactions, in: clock)
    let records = try (1...2).map { try other.next(Noted(thing: "a", text: "\($0)")) }
    try first.write { try $0.apply(records, of: "other", through: other.cursor) }
    try first.close()
    let second = try makeJournal(.file(folder.file()), reacting: reactions, in: clock)
    let opened = try doors.next(Opened(thing: "a"))
    try second.write { try $0.apply([opened], of: "doors", through: doors.cursor) }
    #expect(try second.look { try $0.texts() } == ["opened a", "a: 1", "a: 2"])
  }
}
