import Events
import Foundation
import PostgreSQLServer
import RoomTesting
import Testing

@testable import Journal

/// What each engine of a journal promises of a commit.
@Suite("Commits", .timeLimit(.minutes(2)))
struct CommitConformance {
  private let clock = TestClock()

  @Test(
    .enabled(if: PostgreSQLServer.missing == nil, Comment(rawValue: PostgreSQLServer.missing ?? ""))
  )
  func `the suite runs on PostgreSQL too`() throws {
    let server = try PostgreSQLServer.shared.get()
    #expect(try server.query("SHOW fsync") == "on")
  }

  @Test(arguments: TestedEngine.all)
  func `effect, events and cursor are stored together, or none of them`(
    _ engine: TestedEngine
  ) throws {
    let storing = Reaction.on(Noted.self, from: "other") { event, transaction in
      try transaction.store(event.data.text)
      try transaction.emit(Noted(thing: "mine", text: event.data.text))
      return .done
    }
    let database = try TestDatabase(engine)
    let journal = try database.open(reacting: [storing], in: clock)
    let other = SyntheticLog("other")
    let record = try other.next(Noted(thing: "a", text: "one"), about: "a")
    #expect(throws: Refused()) {
      try journal.write { transaction in
        try transaction.apply([record], of: "other", from: .start, through: other.cursor)
        throw Refused()
      }
    }
    #expect(try journal.read { try $0.names() } == [])
    #expect(try journal.read { try $0.cursor(of: "other") } == .start)
    try journal.write {
      try $0.apply([record], of: "other", from: .start, through: other.cursor)
    }
    try journal.close()
    // Another journal on the same database: what was answered is stored.
    let next = try database.open(reacting: [storing], in: clock)
    try next.read { snapshot throws in
      #expect(try snapshot.names() == ["one"])
      #expect(try snapshot.cursor(of: "other") == other.cursor)
      #expect(try snapshot.checkedLog().count == 1)
    }
    try next.close()
  }

  @Test(arguments: TestedEngine.all)
  func `one command's failure is its own, and its answer waits for the commit of the others`(
    _ engine: TestedEngine
  ) async throws {
    let commits = Counter()
    let journal = try TestDatabase(engine).open(in: clock) { _ in commits.add(1) }
    let before = commits.value
    let group: [@Sendable (Transaction) throws -> String] = [
      { transaction in
        try transaction.store("a")
        try transaction.emit(Noted(thing: "a", text: ""))
        return "a"
      },
      { transaction in
        try transaction.store("refused")
        try transaction.emit(Noted(thing: "refused", text: ""))
        throw Refused()
      },
      // A broken rule, whose error is thrown by the statement or by a later one.
      { transaction in
        try transaction.store("a")
        return "twice"
      },
      { transaction in
        try transaction.store("b")
        return try transaction.names().joined(separator: ",")
      },
    ]
    let answers = await results(of: group, in: journal)
    #expect(answers == ["a", "Refused()", "constraint", "a,b"])
    #expect(commits.value == before + 1)
    try journal.look { snapshot throws in
      #expect(try snapshot.names() == ["a", "b"])
      #expect(try snapshot.checkedLog().count == 1)
    }
    try journal.close()
  }

  @Test(arguments: TestedEngine.all)
  func `no work is answered before the commit, also not where a rule refuses`(
    _ engine: TestedEngine
  ) async throws {
    let answered = Counter()
    let early = Counter()
    let journal = try TestDatabase(engine).open(in: clock) { commit in
      if commit.members == 3 { early.add(answered.value) }
    }
    // They wait for the one before, and share the next commit.
    let running = Counter()
    let isHeld = DispatchSemaphore(value: 0)
    let first = Task {
      try await journal.write { transaction in
        try transaction.store("first")
        running.add(1)
        isHeld.wait()
      }
    }
    await until { running.value == 1 }
    let others = ["a", "refused", "b"].map { name in
      Task {
        defer { answered.add(1) }
        try await journal.write { transaction in
          try transaction.store(name)
          if name == "refused" { throw Refused() }
        }
      }
    }
    await until { journal.waiting == 3 }
    isHeld.signal()
    try await first.value
    for other in others { _ = await other.result }
    #expect(answered.value == 3)
    #expect(early.value == 0)
    #expect(Set(try journal.look { try $0.names() }) == ["first", "a", "b"])
    try journal.close()
  }

  @Test(arguments: TestedEngine.all)
  func `an ignored error of a statement does not let half of the work be committed`(
    _ engine: TestedEngine
  ) async throws {
    let journal = try TestDatabase(engine).open(in: clock)
    try journal.writeNow { try $0.store("a") }
    let group: [@Sendable (Transaction) throws -> String] = [
      { transaction in
        try transaction.store("b")
        do {
          try transaction.store("a")
          _ = try transaction.names()
        } catch {
          try? transaction.store("c")
        }
        return "ignored"
      },
      { transaction in
        try transaction.store("d")
        return "d"
      },
    ]
    let answers = await results(of: group, in: journal)
    #expect(answers[1] == "d")
    let names = try journal.look { try $0.names() }
    // An engine may undo the statement alone, or refuse the whole work; never a part in silence.
    #expect(answers[0] == "ignored" ? names == ["a", "b", "c", "d"] : names == ["a", "d"])
    try journal.close()
  }

  @Test(arguments: TestedEngine.all)
  func `a part that fails late undoes its events too`(_ engine: TestedEngine) throws {
    let database = try TestDatabase(engine)
    let doubling = Reaction.on(Noted.self, from: "other") { event, transaction in
      try transaction.emit(Noted(thing: "mine", text: event.data.text))
      try transaction.store("the same")
      return .done
    }
    let journal = try database.open(reacting: [doubling], in: clock)
    let other = SyntheticLog("other")
    let records = try ["a", "b", "c"].map { try other.next(Noted(thing: $0, text: $0), about: $0) }
    try journal.write { transaction in
      try transaction.apply(records, of: "other", from: .start, through: other.cursor)
    }
    try journal.read { snapshot throws in
      #expect(try snapshot.names() == ["the same"])
      #expect(try snapshot.checkedLog().count == 1)
      #expect(try snapshot.cursor(of: "other") == other.cursor)
      #expect(try snapshot.deferredCounts() == [.retrying: 2])
    }
    try journal.close()
  }

  @Test(arguments: TestedEngine.all)
  func `a snapshot does not see a later commit, and a reader does not wait for a writer`(
    _ engine: TestedEngine
  ) throws {
    let journal = try TestDatabase(engine).open(in: clock)
    try journal.write { try $0.store("before") }
    try journal.read { snapshot throws in
      #expect(try snapshot.names() == ["before"])
      try onAnotherThread {
        try journal.write { transaction in
          try transaction.store("after")
          // Another snapshot sees nothing of a transaction that goes on.
          #expect(try onAnotherThread { try journal.read { try $0.names() } } == ["before"])
        }
      }
      #expect(try snapshot.names() == ["before"])
    }
    #expect(try journal.read { try $0.names() } == ["before", "after"])
    try journal.close()
  }

  @Test(arguments: TestedEngine.all)
  func `a hundred readers and a writer get along`(_ engine: TestedEngine) async throws {
    let journal = try TestDatabase(engine).open(in: clock)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      for number in 1...100 {
        tasks.addTask { try await journal.write { try $0.store("\(number)") } }
        tasks.addTask {
          let count = try await journal.read { snapshot in
            let first = try snapshot.names().count
            #expect(try snapshot.names().count == first)
            return first
          }
          #expect(count <= 100)
        }
      }
      try await tasks.waitForAll()
    }
    #expect(try journal.look { try $0.names().count } == 100)
    try journal.close()
  }

  @Test(arguments: TestedEngine.all)
  func `a journal that is closed refuses work that had not begun`(_ engine: TestedEngine) throws {
    let journal = try TestDatabase(engine).open(in: clock)
    try journal.close()
    for failure in [
      #expect(throws: JournalError.self) { try journal.write { try $0.store("late") } },
      #expect(throws: JournalError.self) { try journal.read { try $0.names() } },
    ] {
      #expect(failure?.code == .closed)
    }
  }
}
