import Events
import Journal
import RoomTesting
import Testing

/// Events that can never be applied as they are.
@Suite(.timeLimit(.minutes(1)))
struct DeadLetterTests {
  private let clock = TestClock()

  /// Rejects “bad”, waits at “wait” until the thing is opened.
  private static let judging = Reaction.on(Noted.self, from: "other") { event, transaction in
    try transaction.store("\(event.subject): \(event.data.text)")
    try transaction.emit(Noted(thing: event.subject, text: "heard"), correlation: event.consequence)
    switch event.data.text {
    case "bad": return .reject("it is bad")
    case "wait":
      guard try transaction.texts().contains("opened") else { return .wait("not yet") }
    case "turn":
      return try transaction.texts().contains("opened") ? .reject("turned") : .wait("not yet")
    default: break
    }
    return .done
  }

  private func apply(_ records: [Record], _ source: SyntheticLog, to journal: ServiceJournal) throws
  {
    try journal.write { try $0.apply(records, of: source.stream, through: source.cursor) }
  }

  @Test
  func `a rejected event is a dead letter, and holds back its subject only`() throws {
    let heard = Heard<EventOutcome>()
    let journal = try makeJournal(reacting: [Self.judging], in: clock, reporting: heard.hear)
    let other = SyntheticLog()
    let records = [
      try other.next(Noted(thing: "a", text: "bad")), try other.next(Noted(thing: "b", text: "1")),
      try other.next(Noted(thing: "a", text: "2")),
    ]
    try apply(records, other, to: journal)
    try journal.look { snapshot throws in
      #expect(try snapshot.texts() == ["b: 1"])
      #expect(try snapshot.deadLetterCount() == 1)
      #expect(try snapshot.head().sequence == 1)
      #expect(try snapshot.cursor(of: "other") == other.cursor)
    }
    #expect(heard.values.first?.kind == .dead("it is bad"))
    #expect(heard.values.first?.subject == "a")
    #expect(heard.values.last?.kind == .behind)
  }

  @Test func `a commit wakes the upkeep only where an event may be deferred`() throws {
    let journal = try makeJournal(reacting: [Self.judging], in: clock)
    let commits = Heard<Int>()
    let registration = journal.onPossibleDeferral { commits.add(1) }
    let other = SyntheticLog()
    func wakes(_ work: () throws -> Void) rethrows -> Bool {
      let before = commits.values.count
      try work()
      return commits.values.count > before
    }
    func note(_ text: String) throws {
      try apply([other.next(Noted(thing: "a", text: text))], other, to: journal)
    }
    #expect(try !wakes { try note("1") }, "none is deferred")
    #expect(try !wakes { try journal.write { _ = try $0.emit(Opened(thing: "b")) } })
    #expect(try wakes { try note("wait") })
    #expect(try wakes { try journal.write { _ in } })
    try journal.write { transaction in
      try transaction.store("opened")
      try transaction.emit(Opened(thing: "a"))
    }
    #expect(try !wakes { try note("2") }, "the last one was applied")
    withExtendedLifetime(registration) {}
  }

  @Test func `a zero byte in a subject, or quoted by a reason, is a dead letter like any other`()
    throws
  {
    let quoting = Reaction.on(Noted.self, from: "other") { event, _ in
      .reject("it says “\(event.data.text)”")
    }
    let journal = try makeJournal(reacting: [quoting], in: clock)
    let other = SyntheticLog()
    let records = [
      try other.next(Noted(thing: "a\0b", text: "1")),
      try other.next(Noted(thing: "a", text: "\0")),
    ]
    try apply(records, other, to: journal)
    try journal.look { snapshot throws in
      #expect(try snapshot.deadLetterCount() == 2)
      #expect(try snapshot.cursor(of: "other") == other.cursor)
    }
  }

  @Test func `a reason names the member that cannot be stored, and quotes no SQL`() throws {
    let storing = Reaction.on(Noted.self, from: "other") { event, transaction in
      try transaction.store(event.data.text)
      return .done
    }
    let journal = try makeJournal(reacting: [storing], in: clock)
    let other = SyntheticLog()
    try apply([try other.next(Noted(thing: "a", text: "b\0c"))], other, to: journal)
    let letter = try journal.look {
      try $0.deadLetters(after: 0, limit: 10, all: true).first?.letter
    }
    #expect(letter?.reason == "data.text has a zero byte in it, which cannot be stored")
    #expect(letter?.causes == [])
  }

  @Test func `a change of the subject does not pass a dead letter`() throws {
    let journal = try makeJournal(reacting: [Self.judging], in: clock)
    let other = SyntheticLog()
    let records = [
      try other.next(Noted(thing: "a", text: "bad")), try other.next(Noted(thing: "a", text: "2")),
    ]
    try apply(records, other, to: journal)
    let correlation = clock.correlation
    try journal.write { try $0.emit(Opened(thing: "a"), correlation: correlation) }
    #expect(try journal.look { try $0.texts() } == [])
  }

  @Test func `a waiting event that is rejected in the end is reported, and holds back`() throws {
    let heard = Heard<EventOutcome>()
    let journal = try makeJournal(reacting: [Self.judging], in: clock, reporting: heard.hear)
    let other = SyntheticLog()
    let records = [
      try other.next(Noted(thing: "a", text: "turn")), try other.next(Noted(thing: "a", text: "2")),
    ]
    try apply(records, other, to: journal)
    let correlation = clock.correlation
    try journal.write { transaction in
      try transaction.store("opened")
      try transaction.emit(Opened(thing: "a"), correlation: correlation)
    }
    #expect(heard.values.dropFirst(2).map(\.kind) == [.emitted, .dead("turned")])
    #expect(try journal.look { try $0.deadLetterCount() } == 1)
    #expect(try journal.look { try $0.texts() } == ["opened"])
  }

  @Test func `an event behind one that waits is judged in its turn`() throws {
    let journal = try makeJournal(reacting: [Self.judging], in: clock)
    let other = SyntheticLog()
    let records = try ["wait", "fine", "bad", "late"].map {
      try other.next(Noted(thing: "a", text: $0))
    }
    try apply(records, other, to: journal)
    let correlation = clock.correlation
    try journal.write { transaction in
      try transaction.store("opened")
      try transaction.emit(Opened(thing: "a"), correlation: correlation)
    }
    #expect(try journal.look { try $0.texts() } == ["opened", "a: wait", "a: fine"])
    #expect(try journal.look { try $0.deadLetterCount() } == 1)
  }

  @Test func `bodies that cannot be read are dead letters`() throws {
    let heard = Heard<EventOutcome>()
    let journal = try makeJournal(reacting: [Self.judging], in: clock, reporting: heard.hear)
    let other = SyntheticLog()
    let good = Noted(thing: "a", text: "1")
    let records = [
      try other.next(good, body: "not JSON"),
      try other.next(good, body: #"{"specversion":"1.0"}"#),
      try other.next(good, leastReader: 9),
      try other.next(Noted(thing: "b", text: "1")),
      try other.next(good),
    ]
    try apply(records, other, to: journal)
    try journal.look { snapshot throws in
      #expect(try snapshot.deadLetterCount() == 3)
      #expect(try snapshot.texts() == ["b: 1"])
      #expect(try snapshot.cursor(of: "other") == other.cursor)
    }
    // An event that is too new still has its subject, and holds back later ones.
    #expect(heard.values.map(\.subject) == ["", "", "a", "b", "b", "a"])
  }

  @Test func `a body that contradicts its frames is a dead letter`() throws {
    let journal = try makeJournal(reacting: [Self.judging], in: clock)
    let other = SyntheticLog()
    let liar = SyntheticLog()
    let event = Noted(thing: "a", text: "1")
    _ = try liar.next(event)
    let second = try liar.next(event)
    let record = try other.next(event, body: String(decoding: second.body, as: UTF8.self))
    try apply([record], other, to: journal)
    #expect(try journal.look { try $0.deadLetterCount() } == 1)
  }
}
