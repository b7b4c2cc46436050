import Dispatch
import Events
import Journal
import RoomTesting
import Runtime
import Testing

@Suite(.timeLimit(.minutes(1)))
struct CommitTests {
  private let clock = TestClock()

  @Test func `effect, events and head are one commit`() async throws {
    let journal = try makeJournal(in: clock)
    let correlation = clock.correlation
    try await journal.write { transaction in
      try transaction.store("one")
      try transaction.emit(Noted(thing: "a", text: "one"), correlation: correlation)
      try transaction.emit(Opened(thing: "a"), correlation: correlation)
    }
    try journal.look { snapshot throws in
      #expect(try snapshot.texts() == ["one"])
      #expect(try snapshot.head().sequence == 2)
      #expect(try snapshot.records(after: 0, limit: 10).count == 2)
    }
  }

  @Test func `work that throws changes nothing, head and chain included`() async throws {
    let journal = try makeJournal(in: clock)
    let correlation = clock.correlation
    try await journal.write { try $0.emit(Opened(thing: "a"), correlation: correlation) }
    let before = try journal.look { try $0.head() }
    await #expect(throws: Refused()) {
      try await journal.write { transaction in
        try transaction.store("gone")
        try transaction.emit(Opened(thing: "b"), correlation: correlation)
        throw Refused()
      }
    }
    try journal.look { snapshot throws in
      #expect(try snapshot.texts() == [])
      #expect(try snapshot.head() == before)
      #expect(try snapshot.records(after: 0, limit: 10).count == 1)
    }
    try await journal.write { try $0.emit(Opened(thing: "c"), correlation: correlation) }
    #expect(try journal.look { try $0.head().sequence } == 2)
  }

  @Test func `events have contiguous numbers, one chain and matching headers`()
    async throws
  {
    let journal = try makeJournal(in: clock)
    for number in 1...5 {
      let correlation = clock.correlation
      try await journal.write { transaction in
        try transaction.emit(Noted(thing: "a", text: "\(number)"), correlation: correlation)
        try transaction.emit(Opened(thing: "a"), correlation: correlation)
      }
    }
    let (records, head) = try journal.look {
      (try $0.records(after: 0, limit: 100), try $0.head())
    }
    #expect(records.map(\.header.sequence) == Array(1...10))
    var chain = Chain.zero
    for record in records {
      chain = chain.appending(topic: record.topic, body: record.body)
      #expect(record.header.chain == chain)
      #expect(record.header.epoch == head.epoch)
      #expect(record.header.schemaVersion == 1)
      #expect(record.topic.stream == "test")
    }
    #expect(head.chain == chain)
    let first = try Envelope<Noted>(records[0])
    #expect(first.data == Noted(thing: "a", text: "1"))
    #expect(first.time == records[0].header.committedAt)
  }

  @Test func `the time of events grows though the clock goes back`() throws {
    let journal = try makeJournal(in: clock)
    let correlation = clock.correlation
    for time in [2_000_000, 1_000_000, 1_000_000, 3_000_000] as [UInt64] {
      clock.set(microseconds: time)
      try journal.write { transaction in
        try transaction.emit(Opened(thing: "a"), correlation: correlation)
        try transaction.emit(Opened(thing: "b"), correlation: correlation)
      }
    }
    let times = try journal.look {
      try $0.records(after: 0, limit: 100).map(\.header.committedAt.microseconds)
    }
    #expect(zip(times, times.dropFirst()).allSatisfy { $0 < $1 })
    #expect(times.last == 3_000_001)
  }

  @Test func `a commit is reported after it, in order, for every writer`() async throws {
    let heard = Heard<(told: [UInt64], head: UInt64, stored: UInt64)>()
    let clock = TestClock()
    let folder = try TemporaryFolder()
    // Another view of the same file: it sees what is committed.
    let view = try makeJournal(.file(folder.file()), in: clock)
    let journal = try makeJournal(
      .file(folder.file()), in: clock,
      reporting: { commit in
        let stored = try? view.look { try $0.head().sequence }
        heard.add((commit.outcomes.map(\.sequence), commit.head.sequence, stored ?? 0))
      })
    try await withThrowingTaskGroup { group in
      for number in 0..<50 {
        group.addTask {
          let correlation = clock.correlation
          if number.isMultiple(of: 2) {
            try await journal.write { try $0.emit(Opened(thing: "a"), correlation: correlation) }
          } else {
            try journal.writeNow { try $0.emit(Opened(thing: "a"), correlation: correlation) }
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(heard.values.flatMap(\.told) == Array(1...50))
    #expect(heard.values.allSatisfy { $0.told.last == $0.head && $0.stored >= $0.head })
  }

  @Test func `outcomes have the emitted events, and none of failed work`() throws {
    let heard = Heard<EventOutcome>()
    let journal = try makeJournal(in: clock, reporting: heard.hear)
    let correlation = clock.correlation
    try journal.write { try $0.emit(Opened(thing: "a"), correlation: correlation) }
    #expect(throws: Refused()) {
      try journal.write { transaction in
        try transaction.emit(Opened(thing: "b"), correlation: correlation)
        throw Refused()
      }
    }
    #expect(heard.values.map(\.kind) == [.emitted])
    #expect(heard.values.first?.subject == "a")
    #expect(heard.values.first?.correlation == correlation)
  }

  @Test func `an event too large for the wire is refused, and nothing is changed`() throws {
    let journal = try makeJournal(in: clock)
    let large = Noted(thing: "a", text: String(repeating: "x", count: Record.maxBodyBytes))
    let correlation = clock.correlation
    #expect(throws: UnwritableEvent.self) {
      try journal.write { try $0.emit(large, correlation: correlation) }
    }
    try journal.write { try $0.emit(Opened(thing: "a"), correlation: correlation) }
    #expect(try journal.look { try $0.head().sequence } == 1)
  }

  @Test func `the head survives an emptied log`() throws {
    let folder = try TemporaryFolder()
    let journal = try makeJournal(.file(folder.file()), in: clock)
    let correlation = clock.correlation
    for _ in 1...3 {
      try journal.write { try $0.emit(Opened(thing: "a"), correlation: correlation) }
    }
    let head = try journal.look { try $0.head() }
    try journal.write { try $0.run("DELETE FROM log") }
    try journal.close()

    let reopened = try makeJournal(.file(folder.file()), in: clock)
    #expect(try reopened.look { try $0.head() } == head)
    #expect(try reopened.look { try $0.chain(at: 3) } == head.chain)
    #expect(try reopened.look { try $0.chain(at: 2) } == nil)
    try reopened.write { try $0.emit(Opened(thing: "a"), correlation: correlation) }
    let record = try reopened.look { try $0.records(after: 0, limit: 10) }.first
    #expect(record?.follows(sequence: head.sequence, chain: head.chain) == true)
  }

  @Test func `writes of many tasks at once all commit`() async throws {
    let folder = try TemporaryFolder()
    let clock = clock
    let journal = try makeJournal(.file(folder.file()), in: clock)
    try await withThrowingTaskGroup { group in
      for number in 0..<200 {
        group.addTask {
          let correlation = clock.correlation
          try await journal.write { transaction in
            try transaction.store("\(number)")
            try transaction.emit(Noted(thing: "a", text: "\(number)"), correlation: correlation)
          }
        }
      }
      try await group.waitForAll()
    }
    try journal.look { snapshot throws in
      #expect(try Set(snapshot.texts()).count == 200)
      #expect(try snapshot.head().sequence == 200)
      #expect(try snapshot.records(after: 0, limit: 500).map(\.header.sequence) == Array(1...200))
    }
  }

  @Test(.timeLimit(.minutes(1)))
  func `cancelling the caller does not roll back`() async throws {
    let folder = try TemporaryFolder()
    let journal = try makeJournal(.file(folder.file()), in: clock)
    let (started, begin) = AsyncStream.makeStream(of: Void.self)
    let cancelled = DispatchSemaphore(value: 0)
    let task = Task {
      try await journal.write { transaction in
        try transaction.store("before")
        begin.yield()
        cancelled.wait()
        try transaction.store("after")
      }
    }
    for await _ in started { break }
    task.cancel()
    cancelled.signal()
    try await task.value
    #expect(try journal.look { try $0.texts() } == ["before", "after"])
  }

  @Test func `records come within a limit of number and of size, one at least`() throws {
    let journal = try makeJournal(in: clock)
    let correlation = clock.correlation
    try journal.write { transaction in
      for number in 1...4 {
        let text = String(repeating: "\(number)", count: 1000)
        try transaction.emit(Noted(thing: "a", text: text), correlation: correlation)
      }
    }
    func sequences(_ after: UInt64, _ limit: Int, _ bytes: Int) throws -> [UInt64] {
      try journal.look {
        try $0.records(after: after, limit: limit, maxBytes: bytes).map(\.header.sequence)
      }
    }
    #expect(try sequences(0, 2, .max) == [1, 2])
    #expect(try sequences(2, 500, .max) == [3, 4])
    #expect(try sequences(0, 500, 1) == [1])
    #expect(try sequences(0, 500, 3500) == [1, 2])
    #expect(try sequences(4, 500, .max) == [])
    #expect(try sequences(.max, 500, .max) == [])
  }
}
