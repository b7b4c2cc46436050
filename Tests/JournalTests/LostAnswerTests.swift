import Journal
import RoomTesting
import Synchronization
import Testing

/// Commits whose answer is lost, and notices of others' commits: the decisions of every driver.
@Suite(.timeLimit(.minutes(1)))
struct LostAnswerTests {
  private let clock = TestClock()
  private let store: MemoryStore
  private let journal: ServiceJournal

  init() throws {
    store = try MemoryStore()
    journal = try makeJournal(.store(store), in: clock)
  }

  private static func lost(stored: Int64?) -> LostAnswer {
    LostAnswer(
      commit: 7, stored: stored, failure: JournalError(.away, summary: "the session has ended"))
  }

  private var texts: [String] { get throws { try journal.look { try $0.texts() } } }

  @Test func `a commit that has come to be is a success`() throws {
    store.aroundTransactions(begin: {}, answer: { throw Self.lost(stored: 7) })
    try journal.write { try $0.store("one") }
    #expect(try texts == ["one"])
  }

  @Test func `a commit that has not come to be passes, and the work runs again`() async throws {
    let failures = Mutex(1)
    store.beforeCommit {
      let fails = failures.withLock { left in
        left -= 1
        return left >= 0
      }
      if fails { throw Self.lost(stored: 6) }
    }
    #expect(throws: JournalError.self) { try journal.write { try $0.store("none") } }
    #expect(try texts == [])
    failures.withLock { $0 = 1 }
    try await journal.write { try $0.store("one") }
    #expect(try texts == ["one"])
  }

  @Test func `without an answer in time the outcome is unknown, and the journal stops`() throws {
    store.beforeCommit { throw Self.lost(stored: nil) }
    let error = #expect(throws: JournalError.self) { try journal.write { try $0.store("one") } }
    #expect(error?.code == .commit)
    store.beforeCommit(nil)
    // The later work has not begun: its outcome is known.
    let later = #expect(throws: JournalError.self) { try journal.write { try $0.store("later") } }
    #expect(later?.code == .closed)
  }

  @Test func `another's commit is news, and so is every new session that listens`() {
    #expect(ServerNotice.listening.isNews(for: 1))
    #expect(!ServerNotice.committed([1, 1]).isNews(for: 1))
    #expect(ServerNotice.committed([1, 2]).isNews(for: 1))
    #expect(ServerNotice.committed([1]).isNews(for: nil))
  }
}
