import Events
import Journal
import RoomTesting
import Runtime
import Testing

/// Reactions that fail in a way that may pass.
@Suite(.timeLimit(.minutes(1)))
struct RetryTests {
  private let clock = TestClock()
  private let heard = Heard<EventOutcome>()

  /// An error with another beneath it.
  private struct Nested: CausedError, CustomStringConvertible {
    let cause: (any Error)?
    let description: String
  }

  /// Fails in the way that the event's text names, until “well” is stored.
  private static let failing = Reaction.on(Noted.self, from: "other") { event, transaction in
    let isWell = try transaction.texts().contains("well")
    try transaction.store("\(event.subject): \(event.data.text)")
    guard !isWell else { return .done }
    switch event.data.text {
    case "retry": return .retry("it is not well")
    case "throw":
      throw Nested(cause: Nested(cause: nil, description: "beneath"), description: "above")
    case "constraint": try transaction.run("INSERT INTO texts (number, text) VALUES (1, NULL)")
    case "column": _ = try transaction.row("SELECT 1 AS one")?.value("two", as: Int.self)
    default: break
    }
    return .done
  }

  private func journal(after events: [Noted]) throws -> ServiceJournal {
    let journal = try makeJournal(reacting: [Self.failing], in: clock, reporting: heard.hear)
    let other = SyntheticLog()
    let records = try events.map { try other.next($0) }
    try journal.write { try $0.apply(records, of: "other", through: other.cursor) }
    return journal
  }

  /// Lets all pauses pass, and tries again what is due.
  private func retry(_ journal: ServiceJournal) throws {
    clock.advance(microseconds: 100_000_000)
    try journal.write { try $0.retryDue() }
  }

  private func letters(_ journal: ServiceJournal) throws -> [DeadLetter] {
    try journal.look { try $0.deadLetters(after: 0, limit: 100, all: true).map(\.letter) }
  }

  @Test(arguments: ["retry", "throw", "constraint"])
  func `a failure that may pass holds back its subject only, and is tried again`(text: String)
    throws
  {
    let journal = try journal(after: [
      Noted(thing: "a", text: text), Noted(thing: "b", text: "1"), Noted(thing: "a", text: "2"),
    ])
    #expect(try journal.look { try $0.texts() } == ["b: 1"])
    #expect(try letters(journal).map(\.state) == [.retrying, .behind])
    #expect(try letters(journal).first?.holdsBack == 1)

    try journal.write { try $0.store("well") }
    try journal.write { try $0.retryDue() }
    #expect(try letters(journal).count == 2, "its pause is not over")
    try retry(journal)
    #expect(try letters(journal).isEmpty)
    #expect(try journal.look { try $0.texts() } == ["b: 1", "well", "a: \(text)", "a: 2"])
  }

  @Test func `the pauses grow, and after ten attempts it is a dead letter`() throws {
    let journal = try journal(after: [Noted(thing: "a", text: "retry")])
    var pauses: [Duration] = []
    while let letter = try letters(journal).first, let due = letter.dueAt {
      pauses.append(due.since(clock.now))
      try retry(journal)
    }
    #expect(pauses.count == 9)
    #expect(pauses.first.map { $0 >= .milliseconds(500) } == true)
    #expect(pauses.allSatisfy { $0 <= .seconds(90) })
    #expect(zip(pauses.prefix(6), pauses.dropFirst()).allSatisfy { $0 * 4 / 3 <= $1 })
    let letter = try #require(try letters(journal).first)
    #expect((letter.state, letter.attempts) == (.dead, 10))
    #expect(heard.values.last?.kind == .dead("it is not well"))
    try retry(journal)
    #expect(try letters(journal).first?.attempts == 10, "a dead letter is not retried by itself")
  }

  @Test func `the causes of an error are kept`() throws {
    let journal = try journal(after: [Noted(thing: "a", text: "throw")])
    let letter = try #require(try letters(journal).first)
    #expect((letter.reason, letter.causes) == ("above", ["beneath"]))
  }

  @Test func `an error that the event is to blame for is for good`() throws {
    let journal = try journal(after: [Noted(thing: "a", text: "column")])
    #expect(try letters(journal).map(\.state) == [.dead])
  }

  @Test func `a change of the subject does not cut a pause short, a clock set back does`() throws {
    let journal = try journal(after: [Noted(thing: "a", text: "retry")])
    let correlation = clock.correlation
    try journal.write { transaction in
      try transaction.store("well")
      try transaction.emit(Opened(thing: "a"), correlation: correlation)
    }
    #expect(try letters(journal).map(\.attempts) == [1])
    clock.set(microseconds: 1_000_000)
    #expect(try journal.look { try $0.hasDueRetry(at: clock.now) })
  }

  @Test func `a service that starts tries everything that waits`() throws {
    let store = try MemoryStore()
    let patient = Reaction.on(Noted.self, from: "other") { _, _ in .wait("not in this version") }
    let other = SyntheticLog()
    let records = try ["1", "2"].map { try other.next(Noted(thing: "a", text: $0)) }
    let first = try makeJournal(.store(store), reacting: [patient], in: clock)
    try first.write { try $0.apply(records, of: "other", through: other.cursor) }

    let second = try makeJournal(.store(store), reacting: [Self.failing], in: clock)
    try second.retryDeferred()
    #expect(try second.look { try $0.texts() } == ["a: 1", "a: 2"])
    #expect(try letters(second).isEmpty)
  }

  @Test func `a deferred event without a reaction in this version is skipped`() throws {
    let store = try MemoryStore()
    let patient = Reaction.on(Noted.self, from: "other") { _, _ in .wait("for ever") }
    let other = SyntheticLog()
    let record = try other.next(Noted(thing: "a", text: "1"))
    let first = try makeJournal(.store(store), reacting: [patient], in: clock)
    try first.write { try $0.apply([record], of: "other", through: other.cursor) }
    let second = try makeJournal(.store(store), in: clock)
    try second.retryDeferred()
    #expect(try letters(second).isEmpty)
  }
}
