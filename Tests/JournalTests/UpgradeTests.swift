import Events
import GRDB
import Journal
import RoomTesting
import Synchronization
import Testing

/// Services that are older than the events that they receive, and are upgraded.
@Suite(.timeLimit(.minutes(1)))
struct UpgradeTests {
  /// An event of another team's next version: readers of the first must not apply it.
  struct Weighed: Event {
    static let schema = PayloadSchema("thing.noted", version: 2, leastReader: 2)
    static let past: [any Superseded.Type] = [V1.self]

    var thing: String
    var text: String
    var weight: Int64?

    var subject: String { thing }

    struct V1: Downcastable {
      static let schema = PayloadSchema("thing.noted", version: 1, leastReader: 1)
      var thing: String
      var text: String
      var upcast: Weighed { Weighed(thing: thing, text: text, weight: nil) }
    }
  }

  private let clock = TestClock()
  private let store: MemoryStore
  private let other = SyntheticLog()

  init() throws {
    store = try MemoryStore()
  }

  /// The service as it was.
  private func old(_ place: ServiceJournal.Place? = nil) throws -> ServiceJournal {
    let reaction = Reaction.on(Noted.self, from: "other") { event, transaction in
      try transaction.store("\(event.subject): \(event.data.text)")
      return .done
    }
    return try makeJournal(place ?? .store(store), reacting: [reaction], in: clock)
  }

  /// The service after its upgrade.
  private func new(_ place: ServiceJournal.Place? = nil) throws -> ServiceJournal {
    let reaction = Reaction.on(Weighed.self, from: "other") { event, transaction in
      let weight = event.data.weight.map(String.init) ?? "unknown"
      try transaction.store("\(event.subject): \(event.data.text) of weight \(weight)")
      return .done
    }
    return try makeJournal(place ?? .store(store), reacting: [reaction], in: clock)
  }

  private func apply(_ records: [Events.Record], to journal: ServiceJournal) throws {
    try journal.write { try $0.apply(records, of: "other", through: other.cursor) }
  }

  private func letters(_ journal: ServiceJournal) throws -> [DeadLetter] {
    try journal.look { try $0.deadLetters(after: 0, limit: 10, all: true).map(\.letter) }
  }

  @Test
  mutating func
    `an event that is too new is a dead letter, and applied in order after the upgrade`()
    throws
  {
    let records = [
      try other.next(Noted(thing: "a", text: "1")),
      try other.next(Weighed(thing: "a", text: "2", weight: 5)),
      try other.next(Noted(thing: "a", text: "3")), try other.next(Noted(thing: "b", text: "4")),
      try other.next(Weighed(thing: "a", text: "5", weight: 6)),
    ]
    let old = try old()
    try apply(records, to: old)
    #expect(try old.look { try $0.texts() } == ["a: 1", "b: 4"])
    #expect(try letters(old).map(\.state) == [.dead, .behind, .dead])
    #expect(
      try letters(old).first?.reason
        == "other/thing.noted/v2/2 may be read from version 2 on, and the newest known here is 1")

    let new = try new()
    try new.retryDeferred()
    #expect(
      try new.look { try $0.texts() } == [
        "a: 1", "b: 4", "a: 2 of weight 5", "a: 3 of weight unknown", "a: 5 of weight 6",
      ])
    #expect(try letters(new).isEmpty)
  }

  @Test mutating func `a letter from before such letters were marked is taken up too`() throws {
    let folder = try TemporaryFolder()
    let file = ServiceJournal.Place.file(folder.file())
    let old = try old(file)
    try apply([try other.next(Weighed(thing: "a", text: "1", weight: 5))], to: old)
    try old.close()
    let database = try DatabaseQueue(path: folder.file())
    try database.writeWithoutTransaction { database in
      try database.execute(sql: "ALTER TABLE put_aside DROP COLUMN too_new")
      try database.execute(sql: "DELETE FROM grdb_migrations WHERE identifier = 'journal-3'")
    }
    try database.close()
    let new = try new(file)
    try new.retryDeferred()
    #expect(try new.look { try $0.texts() } == ["a: 1 of weight 5"])
    try new.close()
  }

  @Test mutating func `letters that are about nothing are taken up too, each by itself`() throws {
    let broken = #"{"specversion":"1.0","subject":""}"#
    let records = [
      try other.next(Weighed(thing: "", text: "1", weight: 5), body: broken),
      try other.next(Weighed(thing: "", text: "2", weight: 5)),
      try other.next(Weighed(thing: "", text: "3", weight: 6)),
    ]
    try apply(records, to: try old())
    let new = try new()
    try new.retryDeferred()
    #expect(try new.look { try $0.texts() } == [": 2 of weight 5", ": 3 of weight 6"])
    #expect(try letters(new).map(\.state) == [.dead])
  }

  @Test mutating func `an event that is still too new stays unchanged`() throws {
    try apply([try other.next(Weighed(thing: "a", text: "1", weight: 5))], to: try old())
    let again = try old()
    try again.retryDeferred()
    let letter = try #require(try letters(again).first)
    #expect((letter.state, letter.attempts) == (.dead, 1))
  }

  @Test mutating func `the attempts of the old build are not counted after the upgrade`() throws {
    let old = try old()
    try apply([try other.next(Weighed(thing: "a", text: "1", weight: 5))], to: old)
    let letter = try #require(try letters(old).first)
    for _ in 0..<12 { _ = try old.write { try $0.retryDeadLetter(letter.id) } }
    #expect(try letters(old).map(\.attempts) == [13])

    let failing = Reaction.on(Weighed.self, from: "other") { _, _ in .retry("not now") }
    let new = try makeJournal(.store(store), reacting: [failing], in: clock)
    try new.retryDeferred()
    let after = try #require(try letters(new).first)
    #expect((after.state, after.attempts) == (.retrying, 1))
  }

  @Test mutating func `a letter that the new build rejects is reported with the new reason`() throws
  {
    try apply([try other.next(Weighed(thing: "a", text: "1", weight: 5))], to: try old())
    let rejecting = Reaction.on(Weighed.self, from: "other") { _, _ in .reject("it is bad") }
    let heard = Heard<EventOutcome>()
    let new = try makeJournal(
      .store(store), reacting: [rejecting], in: clock, reporting: heard.hear)
    try new.retryDeferred()
    #expect(heard.values.map(\.kind) == [.dead("it is bad")])
  }

  @Test mutating func `an upgrade takes up nothing else that is dead`() throws {
    let rejecting = Reaction.on(Noted.self, from: "other") { _, _ in .reject("it is bad") }
    let first = try makeJournal(.store(store), reacting: [rejecting], in: clock)
    try apply([try other.next(Noted(thing: "a", text: "1"))], to: first)
    let new = try new()
    try new.retryDeferred()
    #expect(try letters(new).map(\.state) == [.dead])
    #expect(try new.look { try $0.texts() }.isEmpty)
  }

  @Test
  mutating func `an event that arrives while a letter is too new is applied in its turn, live too`()
    throws
  {
    try apply([try other.next(Weighed(thing: "a", text: "1", weight: 5))], to: try old())
    let new = try new()
    // Without its turn at the start: the first of its subject goes first all the same.
    try apply([try other.next(Noted(thing: "a", text: "2"))], to: new)
    #expect(try new.look { try $0.texts() }.isEmpty)
    try new.retryDeferred()
    #expect(
      try new.look { try $0.texts() } == ["a: 1 of weight 5", "a: 2 of weight unknown"])
  }

  @Test
  mutating func `a newer version whose least reader is known is applied as the newest known one`()
    throws
  {
    let old = try old()
    try apply(
      [try other.next(Weighed(thing: "a", text: "1", weight: 5), leastReader: 1)], to: old)
    #expect(try old.look { try $0.texts() } == ["a: 1"])
  }

  @Test mutating func `events of unknown types are counted`() throws {
    let old = try old()
    let records = [
      try other.next(Opened(thing: "a")), try other.next(Noted(thing: "a", text: "1")),
      try other.next(Opened(thing: "a")),
    ]
    let cursor = other.cursor
    let unknown = try old.write {
      try $0.apply(records, of: "other", from: .start, through: cursor)
    }
    #expect(unknown == 2)
  }

  // MARK: Publishing

  @Test func `a pinned version is what stands in the log, in the chain and in the type`() throws {
    let journal = try ServiceJournal(
      .memory, of: "test", publishing: try Publishing([Weighed.self], pins: ["thing.noted=1"]),
      runtime: clock.runtime)
    let work = clock.correlation
    try journal.write { transaction in
      #expect(transaction.publishedVersion(of: Weighed.self) == 1)
      try transaction.emit(Weighed(thing: "a", text: "1", weight: nil), correlation: work)
    }
    let record = try #require(try journal.look { try $0.records(after: 0, limit: 2) }.first)
    #expect(record.topic.description == "test/thing.noted/v1/")
    #expect((record.header.schemaVersion, record.header.leastReader) == (1, 1))
    #expect(record.follows(sequence: 0, chain: .zero))
    #expect(try Envelope<Weighed.V1>(record).type == "dev.eventually.thing.noted.v1")
    #expect(try Envelope<Weighed.V1>(record).dataSchema == "urn:eventually:schema:thing.noted:1")
  }

  @Test func `a fact that the pinned version cannot express is not committed`() throws {
    let journal = try ServiceJournal(
      .memory, of: "test", migrations: [texts],
      publishing: try Publishing([Weighed.self], pins: ["thing.noted=1"]),
      runtime: clock.runtime)
    let work = clock.correlation
    #expect(throws: UnsayableFact.self) {
      try journal.write { transaction in
        try transaction.store("something")
        try transaction.emit(Weighed(thing: "a", text: "1", weight: 5), correlation: work)
      }
    }
    #expect(try journal.look { try $0.texts() }.isEmpty)
    #expect(try journal.look { try $0.head().sequence } == 0)
  }
}

extension UpgradeTests.Weighed.V1 {
  init(downcasting next: UpgradeTests.Weighed) throws {
    guard next.weight == nil else { throw UnsayableFact(Self.schema, lacks: "a weight") }
    self.init(thing: next.thing, text: next.text)
  }
}
