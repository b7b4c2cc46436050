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

  @Test func `a sequence that is dropped ends its registration`() async throws {
    let journal = try makeJournal(in: clock)
    do { _ = journal.commits() }
    #expect(journal.state.withLock { $0.observers.isEmpty })
    try await open("a", in: journal)
  }

  @Test func `an observer that is cancelled is not called`() async throws {
    let journal = try makeJournal(in: clock)
    let heads = Heard<UInt64>()
    let observation = journal.observe { heads.add($0.head.sequence) }
    try await open("a", in: journal)
    observation.cancel()
    try await open("b", in: journal)
    #expect(heads.values == [1])
  }
}
