import Events
import RoomTesting
import Testing

@testable import Journal

/// The events of the last commits, in memory.
@Suite(.timeLimit(.minutes(1)))
struct CommittedTailTests {
  private let clock = TestClock()

  private func sequences(_ tail: CommittedTail) -> [UInt64] { tail.records.map(\.header.sequence) }

  @Test func `it has the events of the commits since it was taken last, as they are stored`() throws
  {
    let journal = try makeJournal(in: clock)
    for thing in ["a", "b"] {
      try journal.write { try $0.emit(Opened(thing: thing), correlation: clock.correlation) }
    }
    let tail = journal.takeCommitted()
    #expect(try tail.records == journal.look { try $0.records(after: 0, limit: 10) })
    #expect(try tail.head == journal.look { try $0.head() })
    #expect(journal.takeCommitted().records.isEmpty)
    try journal.write { try $0.emit(Opened(thing: "c"), correlation: clock.correlation) }
    #expect(sequences(journal.takeCommitted()) == [3])
  }

  @Test func `work that failed leaves nothing in it`() throws {
    let journal = try makeJournal(in: clock)
    let correlation = clock.correlation
    try journal.commit(
      ["a", "b", "c"].map { thing in
        PendingWork<Void> { transaction in
          try transaction.emit(Opened(thing: thing), correlation: correlation)
          if thing == "b" { throw Refused() }
        } completion: { _ in
        }
      })
    let tail = journal.takeCommitted()
    #expect(try tail.records == journal.look { try $0.records(after: 0, limit: 10) })
    #expect(sequences(tail) == [1, 2])
  }

  @Test(arguments: [(2, .max, [4]), (.max, 1, [])] as [(Int, Int, [UInt64])])
  func `what does not fit is left out, and the next commit is kept`(
    events: Int, bytes: Int, kept: [UInt64]
  ) throws {
    let journal = try makeJournal(in: clock)
    var tail = CommittedTail(limits: CommittedTail.Limits(events: events, bytes: bytes))
    for count: UInt64 in 1...4 {
      try journal.write { try $0.emit(Opened(thing: "a"), correlation: clock.correlation) }
      let last = journal.takeCommitted()
      tail.append(last.records, head: try #require(last.head))
      #expect(tail.head?.sequence == count)
    }
    #expect(sequences(tail) == kept)
  }
}
