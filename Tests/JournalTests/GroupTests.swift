import Dispatch
import Events
import Journal
import RoomTesting
import Testing

/// Work that is asked for at the same time shares a commit.
@Suite(.timeLimit(.minutes(1)))
struct GroupTests {
  private let clock = TestClock()

  /// Holds the journal's writer while something is asked for, so that it piles up.
  private func holding<Value>(
    _ journal: ServiceJournal, _ ask: (_ letGo: @Sendable () -> Void) async throws -> Value
  ) async throws -> Value {
    let gate = DispatchSemaphore(value: 0)
    let (begun, hasBegun) = AsyncStream.makeStream(of: Void.self)
    async let held: Void = journal.write { _ in
      hasBegun.finish()
      gate.wait()
    }
    for await _ in begun {}
    let value = try await ask { gate.signal() }
    try await held
    return value
  }

  /// Asks for pieces of work while another one holds the writer.
  private func together<Value: Sendable>(
    _ journal: ServiceJournal, _ works: [@Sendable (Transaction) throws -> Value]
  ) async throws -> [Result<Value, any Error>] {
    try await holding(journal) { letGo in
      await withTaskGroup(of: (Int, Result<Value, any Error>).self) { group in
        for (index, work) in works.enumerated() {
          // A task of this group asks before it is waited for.
          group.addImmediateTask { (index, await Result { try await journal.write(work) }) }
        }
        letGo()
        var results: [Int: Result<Value, any Error>] = [:]
        for await (index, result) in group { results[index] = result }
        return works.indices.compactMap { results[$0] }
      }
    }
  }

  @Test func `work that arrives during a commit shares the next one, in order`() async throws {
    let commits = Heard<[UInt64]>()
    let journal = try makeJournal(
      in: clock, reporting: { commits.add($0.outcomes.map(\.sequence)) })
    let correlation = clock.correlation
    let results = try await together(
      journal,
      (1...20).map { number in
        { @Sendable transaction in
          try transaction.emit(Opened(thing: "\(number)"), correlation: correlation)
          return try transaction.head().sequence
        }
      })
    #expect(results.count == 20)
    #expect(commits.values == [[], Array(1...20)])
  }

  @Test func `one's failure is its own, and waits for the commit like an answer`() async throws {
    let journal = try makeJournal(in: clock)
    let correlation = clock.correlation
    let results = try await together(
      journal,
      (1...9).map { number in
        { @Sendable transaction in
          try transaction.store("\(number)")
          try transaction.emit(Opened(thing: "\(number)"), correlation: correlation)
          if number.isMultiple(of: 3) { throw Refused() }
          return number
        }
      })
    for (index, result) in results.enumerated() {
      if (index + 1).isMultiple(of: 3) {
        #expect(throws: Refused.self) { try result.get() }
      } else {
        #expect(try result.get() == index + 1)
      }
    }
    try journal.look { snapshot throws in
      #expect(try snapshot.texts() == ["1", "2", "4", "5", "7", "8"])
      let records = try snapshot.records(after: 0, limit: 100)
      #expect(records.map(\.header.sequence) == Array(1...6))
      #expect(
        zip(records, records.dropFirst()).allSatisfy { earlier, later in
          later.follows(sequence: earlier.header.sequence, chain: earlier.header.chain)
        })
    }
  }

  @Test func `pieces of one call share a commit, in order, and each fails alone`() async throws {
    let commits = Heard<[UInt64]>()
    let journal = try makeJournal(
      in: clock, reporting: { commits.add($0.outcomes.map(\.sequence)) })
    let correlation = clock.correlation
    let none: [Result<Int, any Error>] = await journal.write([])
    #expect(none.isEmpty)
    let results = await journal.write(
      (1...20).map { number in
        let work = { @Sendable (transaction: Transaction) throws -> Int in
          try transaction.emit(Opened(thing: "\(number)"), correlation: correlation)
          if number == 7 { throw Refused() }
          return number
        }
        return (patience: nil, work: work)
      })
    #expect(results.map { try? $0.get() } == (1...20).map { $0 == 7 ? nil : $0 })
    #expect(commits.values == [Array(1...19)])
  }

  @Test func `pieces that an obstacle holds up leave with the task of their caller`() async throws {
    let store = try MemoryStore()
    let journal = try makeJournal(.store(store), in: clock)
    let (tried, hasTried) = AsyncStream.makeStream(of: Void.self)
    store.beforeCommit {
      hasTried.yield()
      throw JournalError(.full, summary: "the disk is full")
    }
    let caller = Task {
      await journal.write(
        (1...3).map { number in
          (patience: nil, work: { @Sendable in try $0.store("\(number)") })
        })
    }
    for await _ in tried { break }
    caller.cancel()
    for result in await caller.value {
      #expect(throws: CancellationError.self) { try result.get() }
    }
    store.beforeCommit(nil)
    #expect(try journal.look { try $0.texts() } == [])
  }

  @Test func `each sees what those before it in the group have done`() async throws {
    let journal = try makeJournal(in: clock)
    let results = try await together(
      journal,
      (0..<5).map { number in
        { @Sendable transaction in
          let count = try transaction.texts().count
          try transaction.store("\(number)")
          return count
        }
      })
    #expect(results.compactMap { try? $0.get() } == [0, 1, 2, 3, 4])
  }

  @Test func `a commit that fails is the failure of every caller, and the last commit`()
    async throws
  {
    let store = try MemoryStore()
    let journal = try makeJournal(.store(store), in: clock)
    store.beforeCommit { throw Refused() }
    let results = try await together(
      journal,
      (1...3).map { number in
        { @Sendable transaction in try transaction.store("\(number)") }
      })
    store.beforeCommit(nil)
    for result in results { #expect(throws: JournalError.self) { try result.get() } }
    #expect(await journal.failure()?.code == .commit)
    #expect(try journal.look { try $0.texts() } == [])
    await #expect(throws: JournalError.self) { try await journal.write { try $0.store("later") } }
  }

  @Test func `a cancelled caller affects no other, and its work is done`() async throws {
    let journal = try makeJournal(in: clock)
    try await holding(journal) { letGo in
      let gone = Task.immediate { try await journal.write { try $0.store("gone") } }
      let stays = Task.immediate { try await journal.write { try $0.store("stays") } }
      gone.cancel()
      letGo()
      try await stays.value
    }
    #expect(try journal.look { try $0.texts() } == ["gone", "stays"])
  }
}

extension Result where Failure == any Error {
  fileprivate init(_ work: () async throws -> Success) async {
    do {
      self = .success(try await work())
    } catch {
      self = .failure(error)
    }
  }
}
