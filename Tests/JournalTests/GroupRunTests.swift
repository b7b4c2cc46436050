import Events
import RoomTesting
import Testing

@testable import Journal

/// How often the work of a group runs, and what a run costs.
@Suite(.timeLimit(.minutes(1)))
struct GroupRunTests {
  private let clock = TestClock()
  private let answers = Heard<String>()
  private let runs = Heard<String>()

  /// Work that emits an event, and fails on demand.
  private func work(_ name: String, fails: Bool = false) -> PendingWork<String> {
    let correlation = clock.correlation
    return PendingWork { [runs] transaction in
      runs.add(name)
      try transaction.emit(Opened(thing: name), correlation: correlation)
      if fails { throw Refused() }
      return name
    } completion: { [answers] result in
      answers.add((try? result.get()) ?? "refused")
    }
  }

  private func perform(_ group: [any GroupWork], on journal: ServiceJournal) throws
    -> [[EventOutcome]]
  {
    let committed = try journal.commit(group)
    for work in group { work.answer(nil) }
    return committed.outcomes
  }

  @Test func `a group in which nothing fails runs once`() throws {
    let outcomes = try perform([work("a"), work("b")], on: makeJournal(in: clock))
    #expect(runs.values == ["a", "b"])
    #expect(outcomes.map { $0.map(\.subject) } == [["a"], ["b"]])
    #expect(answers.values == ["a", "b"])
  }

  @Test func `a group in which one fails runs again, and the others are committed`() throws {
    let journal = try makeJournal(in: clock)
    let outcomes = try perform([work("a"), work("b", fails: true), work("c")], on: journal)
    #expect(runs.values == ["a", "b", "a", "b", "c"])
    #expect(outcomes.map { $0.map(\.subject) } == [["a"], [], ["c"]])
    #expect(answers.values == ["a", "refused", "c"])
    #expect(try journal.records().map(\.header.sequence) == [1, 2])
  }

  @Test func `work that joins a group shares its commit, also where one fails`() throws {
    let commits = Heard<Int>()
    let journal = try makeJournal(in: clock) { commits.add($0.members) }
    try journal.commit([work("a")]) { [work("b")] }
    try journal.commit([work("c")]) { [work("d", fails: true)] }
    #expect(runs.values == ["a", "b", "c", "d", "c", "d"])
    #expect(commits.values.suffix(2) == [2, 2])
    #expect(try journal.records().map(\.header.sequence) == [1, 2, 3])
  }

  @Test func `after a failure the next groups have savepoints, and run once`() throws {
    let journal = try makeJournal(in: clock)
    _ = try perform([work("a", fails: true), work("b")], on: journal)
    _ = try perform([work("c", fails: true), work("d")], on: journal)
    #expect(runs.values == ["a", "a", "b", "c", "d"])
    #expect(try journal.records().count == 2)
  }

  @Test func `work that fails alone runs once, and nothing is committed`() throws {
    let commits = Heard<UInt64>()
    let journal = try makeJournal(in: clock, reporting: { commits.add($0.head.sequence) })
    let outcomes = try perform([work("a", fails: true)], on: journal)
    #expect(outcomes == [[]])
    #expect(runs.values == ["a"])
    #expect(answers.values == ["refused"])
    #expect(commits.values.isEmpty)
    #expect(try journal.records().isEmpty)
  }

  /// Stores a text, and waits.
  private static let waiting = Reaction.on(Noted.self, from: "other") { event, transaction in
    try transaction.store(event.data.text)
    return event.data.text == "wait" ? .wait("it is too early") : .done
  }

  @Test(arguments: [false, true])
  func `a reaction that waits is undone alone, also where its error is swallowed`(
    isSwallowed: Bool
  ) throws {
    let journal = try makeJournal(reacting: [Self.waiting], in: clock)
    let other = SyntheticLog()
    let records = try ["one", "wait", "two"].map { try other.next(Noted(thing: $0, text: $0)) }
    let cursor = other.cursor
    let applying = PendingWork { transaction in
      if isSwallowed {
        try? transaction.apply(records, of: "other", through: cursor)
      } else {
        try transaction.apply(records, of: "other", through: cursor)
      }
    } completion: { _ in
    }
    let outcomes = try perform([work("a"), applying, work("b")], on: journal)
    #expect(outcomes.map(\.count) == [1, 3, 1])
    #expect(outcomes[1].map(\.kind) == [.applied, .waiting("it is too early"), .applied])
    #expect(try journal.look { try $0.texts() } == ["one", "two"])
    #expect(try journal.look { try $0.cursor(of: "other") } == cursor)
  }

  @Test func `a transaction does not outlive its closure`() async {
    await #expect(processExitsWith: .failure) {
      func useTooLate() throws {
        var kept: Transaction?
        try makeJournal().write { kept = $0 }
        try kept?.store("too late")
      }
      try useTooLate()
    }
  }
}

extension ServiceJournal {
  fileprivate func records() throws -> [Record] {
    try read { try $0.records(after: 0, limit: 100) }
  }
}
