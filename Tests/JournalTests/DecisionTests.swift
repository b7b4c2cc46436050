import Events
import Foundation
import Journal
import RoomTesting
import Runtime
import Testing

/// The decisions of people about dead letters.
@Suite(.timeLimit(.minutes(1)))
struct DecisionTests {
  private let clock = TestClock()
  private let heard = Heard<EventOutcome>()

  private struct Price: Codable, Hashable {
    var amount: Int
    var enabled = true
  }

  private struct Priced: Event {
    static let schema = PayloadSchema("thing.priced", version: 1, leastReader: 1)
    var thing: String
    var name: String
    var price: Price
    var subject: String { thing }
  }

  /// Takes no name but “good”, once “strict” is stored.
  private static let judging = Reaction.on(Priced.self, from: "other") { event, transaction in
    guard event.data.name == "good" else { return .reject("the name is \(event.data.name)") }
    try transaction.store("\(event.subject) \(event.data.price.amount)")
    return .done
  }

  private func journal(_ events: [Priced], judging: Reaction = judging) throws -> ServiceJournal {
    let journal = try makeJournal(reacting: [judging], in: clock, reporting: heard.hear)
    let other = SyntheticLog()
    let records = try events.map { try other.next($0) }
    try journal.write { try $0.apply(records, of: "other", through: other.cursor) }
    return journal
  }

  private func letters(_ journal: ServiceJournal) throws -> [DeadLetter] {
    try journal.look { try $0.deadLetters(after: 0, limit: 100, all: true).map(\.letter) }
  }

  private let queue = [
    Priced(thing: "a", name: "bad", price: Price(amount: 1)),
    Priced(thing: "a", name: "good", price: Price(amount: 2)),
    Priced(thing: "b", name: "good", price: Price(amount: 3)),
    Priced(thing: "a", name: "good", price: Price(amount: 4)),
  ]

  private func data(_ name: String, amount: Int64, enabled: Bool = true) -> JSONValue {
    .object([
      "thing": .string("a"), "name": .string(name),
      "price": .object(["amount": .integer(amount), "enabled": .bool(enabled)]),
    ])
  }

  @Test func `an edited and retried letter releases the events behind it, in order`() throws {
    let journal = try journal(queue)
    let letter = try #require(try letters(journal).first)
    #expect(letter.holdsBack == 2)
    let request = Correlation.request("request-7", trace: .random(in: clock.runtime))
    let (edited, retried) = try Correlation.$current.withValue(request) {
      let edited = try journal.write {
        try $0.editDeadLetter(letter.id, data: data("good", amount: 1))
      }
      return (edited, try journal.write { try $0.retryDeadLetter(letter.id) })
    }
    #expect(edited?.state == .dead)
    #expect(edited?.original == letter.record.body)
    #expect(retried == nil)
    #expect(try journal.look { try $0.texts() } == ["b 3", "a 1", "a 2", "a 4"])
    #expect(try letters(journal).isEmpty)
    let acts = try journal.look { try $0.actions(on: letter.id) }
    #expect(acts.map(\.act) == [.edit, .retry])
    #expect(acts.allSatisfy { $0.requestId == "request-7" && $0.result == "done" })
  }

  @Test func `a retry in vain leaves the letter, and is recorded`() throws {
    let journal = try journal(queue)
    let letter = try #require(try letters(journal).first)
    let after = try journal.write { try $0.retryDeadLetter(letter.id) }
    #expect((after?.state, after?.attempts) == (.dead, 2))
    #expect(after?.actions.map(\.result) == ["the name is bad"])
    #expect(try journal.look { try $0.texts() } == ["b 3"])
  }

  @Test func `a discarded letter releases the events behind it, in order`() throws {
    let journal = try journal(queue)
    let letter = try #require(try letters(journal).first)
    try journal.write { try $0.discardDeadLetter(letter.id) }
    #expect(try journal.look { try $0.texts() } == ["b 3", "a 2", "a 4"])
    #expect(heard.values.contains { $0.kind == .discarded && $0.subject == "a" })
    #expect(throws: DeadLetterRefusal.unknown) {
      try journal.write { try $0.discardDeadLetter(letter.id) }
    }
  }

  @Test func `an edit is what the reaction reads, and never money`() throws {
    let journal = try journal(queue)
    let letter = try #require(try letters(journal).first)
    func edit(_ data: JSONValue) throws {
      _ = try journal.write { try $0.editDeadLetter(letter.id, data: data) }
    }
    #expect(throws: DeadLetterRefusal.changesMoney) { try edit(data("good", amount: 9)) }
    #expect(throws: DeadLetterRefusal.changesMoney) {
      try edit(data("good", amount: 1, enabled: false))
    }
    #expect(throws: DeadLetterRefusal.changesMoney) {
      try edit(.object(["thing": .string("a"), "name": .string("good")]))
    }
    #expect(throws: DeadLetterRefusal.self) { try edit(.object(["amount": .integer(1)])) }
    #expect(throws: DeadLetterRefusal.self) { try edit(.null) }
    #expect(try letters(journal).first?.original == nil)
  }

  @Test func `only a dead letter is decided about`() throws {
    let journal = try journal(queue)
    let behind = try #require(try letters(journal).last)
    #expect(behind.state == .behind)
    #expect(throws: DeadLetterRefusal.notDead) {
      try journal.write { try $0.retryDeadLetter(behind.id) }
    }
    #expect(throws: DeadLetterRefusal.unknown) {
      try journal.write { try $0.retryDeadLetter(clock.runtime.identifier()) }
    }
  }

  @Test func `a later letter of a subject waits for the earlier one`() throws {
    let events = [
      Priced(thing: "a", name: "bad", price: Price(amount: 1)),
      Priced(thing: "a", name: "unread", price: Price(amount: 2)),
    ]
    let journal = try makeJournal(reacting: [Self.judging], in: clock)
    let other = SyntheticLog()
    let records = [
      try other.next(events[0]), try other.next(events[1], leastReader: 9),
    ]
    try journal.write { try $0.apply(records, of: "other", through: other.cursor) }
    let letters = try letters(journal)
    #expect(letters.map(\.state) == [.dead, .dead])
    #expect(throws: DeadLetterRefusal.notFirst(letters[0].id)) {
      try journal.write { try $0.retryDeadLetter(letters[1].id) }
    }
  }
}
