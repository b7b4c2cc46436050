import Events
import Foundation
import RoomTesting
import Testing

@testable import Journal

/// The log, the dead letters and the history on each engine.
@Suite("Log", .timeLimit(.minutes(2)))
struct LogConformance {
  private let clock = TestClock()

  @Test(arguments: TestedEngine.all)
  func `events have contiguous numbers and one chain, over restarts too`(
    _ engine: TestedEngine
  ) async throws {
    let database = try TestDatabase(engine)
    for start in 0..<3 {
      let journal = try database.open(in: clock)
      try await withThrowingTaskGroup(of: Void.self) { tasks in
        for number in 1...20 {
          tasks.addTask {
            try await journal.write { transaction in
              _ = try transaction.emit(Noted(thing: "\(number)", text: "\(start)"))
              if number % 5 == 0 { throw Refused() }
            }
          }
        }
        while let result = await tasks.nextResult() {
          if case .failure(let error) = result, !(error is Refused) { throw error }
        }
      }
      #expect(try journal.look { try $0.checkedLog().count } == 16 * (start + 1))
      try journal.close()
    }
  }

  @Test(arguments: TestedEngine.all)
  func `a dead letter holds back its subject, and is decided about`(
    _ engine: TestedEngine
  ) throws {
    let judging = Reaction.on(Noted.self, from: "other") { event, transaction in
      try transaction.store("\(event.subject): \(event.data.text)")
      return event.data.text == "bad" ? .reject("it is bad") : .done
    }
    let journal = try TestDatabase(engine).open(reacting: [judging], in: clock)
    let other = SyntheticLog("other")
    let long = String(repeating: "x", count: 20_000)
    let records = try [("a", "bad"), ("b", "1"), ("a", "2"), (long, "bad")].map { thing, text in
      try other.next(Noted(thing: thing, text: text), about: thing)
    }
    try journal.write {
      try $0.apply(records, of: "other", from: .start, through: other.cursor)
    }
    let letters = try journal.read { try $0.deadLetters(after: 0, limit: 10, all: false) }
    #expect(letters.map(\.letter.subject) == ["a", long])
    #expect(letters.first?.letter.holdsBack == 1)
    let id = try #require(letters.first?.letter.id)
    _ = try journal.write {
      try $0.editDeadLetter(id, data: .object(["thing": .string("a"), "text": .string("good")]))
    }
    try journal.write { _ = try $0.retryDeadLetter(id) }
    try journal.read { snapshot throws in
      #expect(try snapshot.names() == ["b: 1", "a: good", "a: 2"])
      #expect(try snapshot.deferredCounts() == [.dead: 1])
      #expect(try snapshot.actions(on: id).map(\.act) == [.edit, .retry])
    }
    try journal.close()
  }

  @Test(arguments: TestedEngine.all)
  func `retention raises the floor, and the chain goes on from it`(
    _ engine: TestedEngine
  ) throws {
    let journal = try TestDatabase(engine).open(expecting: ["one"], in: clock)
    for number in 1...10 {
      clock.advance(microseconds: 1_000_000)
      try journal.write { _ = try $0.emit(Noted(thing: "\(number)", text: "")) }
    }
    clock.advance(microseconds: 60_000_000)
    try journal.write {
      try $0.acknowledge("one", epoch: try $0.head().epoch, sequence: 7)
    }
    let rule = Retention(age: .seconds(10))
    while try journal.write({ try $0.prune(rule, limit: 3) }) > 0 {}
    try journal.read { snapshot throws in
      let head = try snapshot.head()
      #expect(head.floor == 8)
      let chain = try snapshot.chain(at: 7)
      let kept = try snapshot.intactRecords(after: (sequence: 7, chain: chain), limit: 10)
      #expect(kept.records.map(\.header.sequence) == [8, 9, 10])
      #expect(kept.damage == nil)
      #expect(try snapshot.consumers().map(\.cursor) == [7])
    }
    try journal.close()
  }

  @Test(arguments: TestedEngine.all)
  func `a new history begins at the end of the log, and the lineage keeps the old one`(
    _ engine: TestedEngine
  ) throws {
    let database = try TestDatabase(engine)
    let journal = try database.open(expecting: ["one"], in: clock)
    try journal.write { _ = try $0.emit(Noted(thing: "a", text: "")) }
    try journal.write { try $0.loseHistory("a follower has more") }
    #expect(throws: HistoryLost.self) {
      try journal.write { _ = try $0.emit(Noted(thing: "b", text: "")) }
    }
    let before = try journal.read { try $0.head() }
    try journal.close()
    let history = try ServiceJournal.beginHistory(
      database.place, of: "test", runtime: clock.runtime)
    let next = try database.open(expecting: ["one"], in: clock)
    try next.write { _ = try $0.emit(Noted(thing: "b", text: "")) }
    try next.read { snapshot throws in
      #expect(try snapshot.head().epoch == history.epoch)
      #expect(try snapshot.lineage().map(\.epoch) == [before.epoch, history.epoch])
      #expect(try snapshot.lineage().last?.chain == before.chain)
      #expect(try snapshot.checkedLog().count == 2)
    }
    try next.close()
  }

  @Test(arguments: TestedEngine.all)
  func `a command costs one statement for each event, and a group three`(
    _ engine: TestedEngine
  ) throws {
    let database = try TestDatabase(engine)
    let journal = try database.open(in: clock)
    let before = (journal.engine as? PostgreSQLEngine)?.roundTrips
    let statements = Counter()
    let correlation = clock.correlation
    let group = (1...50).map { number in
      PendingWork<Void> {
        try $0.emit(Noted(thing: "\(number)", text: ""), correlation: correlation)
      } completion: { _ in
      }
    }
    try journal.engine.write { connection in
      let counting = CountingConnection(base: connection, statements: statements)
      let run = GroupRun(connection: counting, undoing: .byRollback, known: nil) {
        try Transaction($0, after: $1, undoing: $2, in: .init(runtime: clock.runtime))
      }
      _ = try run.perform { group }
    }
    #expect(statements.value == 53)
    if let before, let after = (journal.engine as? PostgreSQLEngine)?.roundTrips {
      // The lock with the head, whether an event is deferred, the events, and the commit.
      #expect(after - before == 4)
    }
    try journal.close()
  }
}

/// A connection that counts statements.
private final class CountingConnection: Connection {
  private let base: any Connection
  private let statements: Counter

  init(base: any Connection, statements: Counter) {
    self.base = base
    self.statements = statements
  }

  var reportsFailuresLate: Bool { base.reportsFailuresLate }

  func rows(_ query: SQL) throws -> [Row] {
    statements.add(1)
    return try base.rows(query)
  }

  func run(_ command: SQL) throws {
    statements.add(1)
    try base.run(command)
  }

  func undoable<Value>(_ part: () throws -> (value: Value, keep: Bool)) throws -> Value {
    statements.add(1)
    return try base.undoable(part)
  }

  func requireSound() throws {
    try base.requireSound()
  }
}
