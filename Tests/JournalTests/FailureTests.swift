import Events
import Journal
import RoomTesting
import Testing

/// A commit that fails ends the daemon: what is in memory may not be what is on disk.
@Suite(.timeLimit(.minutes(1)))
struct FailureTests {
  private let clock = TestClock()

  /// Ways in which a transaction fails that is no fault of the work.
  enum Fault {
    case full, commit

    func happen(in transaction: Transaction) throws {
      switch self {
      case .full:
        try transaction.run("PRAGMA max_page_count = 1")
        for _ in 1...100 { try transaction.store(String(repeating: "x", count: 10_000)) }
      case .commit:
        // A constraint that is checked by COMMIT alone.
        try transaction.run("INSERT INTO children (parent) VALUES (1)")
      }
    }
  }

  private static let family = Migration(
    "test-2-family",
    sql: """
      CREATE TABLE parents (id INTEGER PRIMARY KEY);
      CREATE TABLE children (parent INTEGER REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED);
      """)

  @Test(.timeLimit(.minutes(1)))
  func `after a commit with an unknown result nothing is written any more, and it is reported`()
    async throws
  {
    let folder = try TemporaryFolder()
    let heard = Heard<UInt64>()
    let journal = try makeJournal(
      .file(folder.file()), migrations: [texts, Self.family], in: clock,
      reporting: { heard.add($0.head.sequence) })
    let correlation = clock.correlation
    try await journal.write { try $0.emit(Opened(thing: "a"), correlation: correlation) }
    let waiters = [Task { await journal.failure() }, Task { await journal.failure() }]

    await #expect(throws: JournalError.self) {
      try await journal.write { transaction in
        try transaction.store("never")
        try transaction.emit(Opened(thing: "b"), correlation: correlation)
        try Fault.commit.happen(in: transaction)
      }
    }
    await #expect(throws: JournalError.self) { try await journal.write { try $0.store("late") } }
    #expect(throws: JournalError.self) { try journal.write { try $0.store("late") } }
    for waiter in waiters { #expect(await waiter.value?.code == .commit) }
    #expect(await journal.failure()?.code == .commit)
    #expect(heard.values == [1])
    #expect(try journal.look { try $0.texts() } == [])
    #expect(try journal.look { try $0.head().sequence } == 1)
    try journal.close()

    let again = try makeJournal(.file(folder.file()), migrations: [texts, Self.family], in: clock)
    try await again.write { try $0.emit(Opened(thing: "c"), correlation: correlation) }
    #expect(try again.look { try $0.head().sequence } == 2)
  }

  @Test func `a full disk met by a reaction is the journal's obstacle, and no dead letter`() throws
  {
    let folder = try TemporaryFolder()
    let journal = try makeJournal(
      .file(folder.file()),
      reacting: [
        .on(Noted.self, from: "other") { _, transaction in
          try Fault.full.happen(in: transaction)
          return .done
        }
      ], in: clock)
    let other = SyntheticLog()
    let record = try other.next(Noted(thing: "a", text: "1"))
    let error = #expect(throws: JournalError.self) {
      try journal.write { try $0.apply([record], of: "other", through: other.cursor) }
    }
    #expect(error?.code == .full)
    try journal.look { snapshot throws in
      #expect(try snapshot.cursor(of: "other") == .start)
      #expect(try snapshot.deadLetterCount() == 0)
    }
  }

  @Test func `work that fails by itself does not end the journal`() async throws {
    let journal = try makeJournal(in: clock)
    #expect(throws: Refused()) { try journal.write { _ in throw Refused() } }
    #expect(throws: (any Error).self) { try journal.write { try $0.run("no SQL") } }
    #expect(throws: (any Error).self) {
      try journal.write { try $0.run("INSERT INTO texts (text) VALUES (NULL)") }
    }
    #expect(throws: JournalError.self) {
      try journal.write { try $0.row("SELECT 1 AS one")?.value("two", as: Int.self) }
    }
    try await journal.write { try $0.store("fine") }
    #expect(try journal.look { try $0.texts() } == ["fine"])
  }

  @Test(.timeLimit(.minutes(1)))
  func `waiting for a failure ends with the task`() async throws {
    let journal = try makeJournal(in: clock)
    let waiter = Task { await journal.failure() }
    waiter.cancel()
    #expect(await waiter.value?.code == nil)
  }
}
