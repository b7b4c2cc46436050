import Events
import Journal
import RoomTesting
import Testing

/// The events that leave a log, and those that stay.
@Suite(.timeLimit(.minutes(1)))
struct RetentionTests {
  private let clock = TestClock()
  private let rule = Retention(
    age: .seconds(10), forever: ["thing.opened"], watchers: ["watcher": .seconds(60)])

  /// A journal with ten events, a second between them; the third and the sixth are kept forever.
  private func journal(expecting consumers: [String]) throws -> ServiceJournal {
    let journal = try makeJournal(expecting: ExpectedConsumers(consumers), in: clock)
    for number in 1...10 {
      clock.advance(microseconds: 1_000_000)
      let correlation = clock.correlation
      try journal.write { transaction in
        if number == 3 || number == 6 {
          try transaction.emit(Opened(thing: "\(number)"), correlation: correlation)
        } else {
          try transaction.emit(Noted(thing: "\(number)", text: ""), correlation: correlation)
        }
      }
    }
    return journal
  }

  private func prune(_ journal: ServiceJournal) throws {
    while try journal.write({ try $0.prune(rule, limit: 4) }) > 0 {}
  }

  private func acknowledge(_ name: String, _ sequence: UInt64, _ journal: ServiceJournal) throws {
    try journal.write {
      try $0.acknowledge(name, epoch: try $0.head().epoch, sequence: sequence)
    }
  }

  private func kept(_ journal: ServiceJournal) throws -> [UInt64] {
    try journal.look { try $0.records(after: 0, limit: 100).map(\.header.sequence) }
  }

  private func floor(_ journal: ServiceJournal) throws -> UInt64 {
    try journal.look { try $0.head().floor }
  }

  @Test func `an event that a consumer has not acknowledged stays at any age`() throws {
    let journal = try journal(expecting: ["one", "two"])
    clock.advance(microseconds: 1_000_000_000)
    try acknowledge("one", 10, journal)
    try prune(journal)
    #expect(try kept(journal) == Array(1...10))
    try acknowledge("two", 4, journal)
    try prune(journal)
    #expect(try kept(journal) == [3, 5, 6, 7, 8, 9, 10])
    #expect(try floor(journal) == 5)
  }

  @Test func `an acknowledgement without news within ten seconds writes nothing`() throws {
    let journal = try journal(expecting: ["one"])
    func rowsWritten(_ sequence: UInt64) throws -> Int {
      try journal.write { transaction in
        let query: SQL = "SELECT total_changes() AS value"
        let before: Int = try transaction.value(query) ?? 0
        let epoch = try transaction.head().epoch
        #expect(try transaction.acknowledge("one", epoch: epoch, sequence: sequence))
        return try (transaction.value(query) ?? 0) - before
      }
    }
    #expect(try rowsWritten(4) == 1)
    for _ in 0..<1_000 { #expect(try rowsWritten(4) == 0) }
    #expect(try rowsWritten(3) == 0)
    #expect(try rowsWritten(5) == 1)
    clock.advance(microseconds: 10_000_000)
    #expect(try rowsWritten(5) == 1, "it was seen again")
  }

  @Test func `a young event stays, also when every consumer has it`() throws {
    let journal = try journal(expecting: ["one"])
    try acknowledge("one", 10, journal)
    // The youngest is 0 seconds old, the oldest 9.
    clock.advance(microseconds: 5_500_000)
    try prune(journal)
    #expect(try kept(journal) == [3, 6, 7, 8, 9, 10])
    #expect(try floor(journal) == 6)
  }

  @Test func `a watcher is waited for, and not forever`() throws {
    let journal = try journal(expecting: ["watcher"])
    clock.advance(microseconds: 30_000_000)
    try prune(journal)
    #expect(try floor(journal) == 1)
    clock.advance(microseconds: 100_000_000)
    try prune(journal)
    #expect(try kept(journal) == [3, 6])
    #expect(try floor(journal) == 11)
  }

  @Test func `a consumer that will never come back is removed, and nothing is kept for it`() throws
  {
    let journal = try journal(expecting: ["gone"])
    clock.advance(microseconds: 100_000_000)
    try prune(journal)
    #expect(try floor(journal) == 1)
    #expect(try journal.write { try $0.remove(consumer: "gone") })
    #expect(try !journal.write { try $0.remove(consumer: "gone") })
    try prune(journal)
    #expect(try floor(journal) == 11)
  }

  @Test func `the chain is known at the floor, and the log goes on`() throws {
    let journal = try journal(expecting: [])
    let chains = try journal.look { snapshot in
      try (0...10).map { try snapshot.chain(at: UInt64($0)) }
    }
    clock.advance(microseconds: 5_500_000)
    try prune(journal)
    try journal.look { snapshot throws in
      #expect(try snapshot.head().floor == 6)
      for number in [3, 5, 6, 10] {
        #expect(try snapshot.chain(at: UInt64(number)) == chains[number])
      }
      #expect(try snapshot.chain(at: 4) == nil)
    }
    let correlation = clock.correlation
    try journal.write { try $0.emit(Opened(thing: "next"), correlation: correlation) }
    #expect(try journal.look { try $0.head().sequence } == 11)
  }

  @Test func `numbers are never used again, when nothing is left either`() throws {
    let folder = try TemporaryFolder()
    let place = ServiceJournal.Place.file(folder.file())
    var chain = Chain.zero
    for number in 1...3 {
      let journal = try makeJournal(place, in: clock)
      let correlation = clock.correlation
      try journal.write { try $0.emit(Noted(thing: "a", text: "1"), correlation: correlation) }
      let head = try journal.look { try $0.head() }
      #expect(head.sequence == UInt64(number))
      #expect(head.chain != chain)
      chain = head.chain
      clock.advance(microseconds: 100_000_000)
      try prune(journal)
      #expect(try kept(journal) == [])
      try journal.close()
    }
  }
}
