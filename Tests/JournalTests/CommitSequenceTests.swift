import Events
import RoomTesting
import Synchronization
import Testing

@testable import Journal

/// Commits as a sequence, and the end of a registration.
@Suite(.timeLimit(.minutes(1)))
struct CommitSequenceTests {
  private let clock = TestClock()

  private func open(_ thing: String, in journal: ServiceJournal) async throws {
    let correlation = clock.correlation
    try await journal.write { try $0.emit(Opened(thing: thing), correlation: correlation) }
  }

  @Test func `commits come in order`() async throws {
    let journal = try makeJournal(in: clock)
    let commits = journal.commits()
    for thing in ["a", "b"] { try await open(thing, in: journal) }
    var subjects: [String] = []
    for await commit in commits.prefix(2) { subjects += commit.outcomes.map(\.subject) }
    #expect(subjects == ["a", "b"])
  }

  @Test func `a commit is reported before its writer gets the answer`() async throws {
    let heard = Heard<EventOutcome>()
    let journal = try makeJournal(in: clock, reporting: heard.hear)
    try await open("a", in: journal)
    #expect(heard.values.map(\.subject) == ["a"])
  }

  @Test func `a sequence that is dropped ends its registration`() async throws {
    let journal = try makeJournal(in: clock)
    do { _ = journal.commits() }
    do { _ = journal.obstacles() }
    #expect(hasNoReader(journal))
    try await open("a", in: journal)
    journal.met(JournalError(.disk, summary: "a bad sector"), in: .reading)
  }

  @Test func `no registration stays when its reader is cancelled`() async throws {
    let journal = try makeJournal(in: clock)
    let readers = [
      Task.immediate { for await _ in journal.commits() {} },
      Task.immediate { for await _ in journal.obstacles() {} },
      Task.immediate { _ = await journal.failure() },
    ]
    #expect(!hasNoReader(journal))
    for reader in readers { reader.cancel() }
    for reader in readers { await reader.value }
    #expect(hasNoReader(journal))
  }

  private func hasNoReader(_ journal: ServiceJournal) -> Bool {
    journal.state.withLock {
      $0.commitReaders.isEmpty && $0.obstacleReaders.isEmpty && $0.failureReaders.isEmpty
    }
  }
}
