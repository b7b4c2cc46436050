import Events
import RoomTesting
import Runtime
import Testing

@testable import Journal

/// The time by which ages are measured: a clock that is wrong for a moment makes nothing old.
@Suite(.timeLimit(.minutes(1)))
struct TrustedClockTests {
  private static let hour: Int64 = 3_600
  private static let day: Int64 = 86_400
  private static let decade = 3_652 * day

  private func at(_ seconds: Int64) -> Timestamp {
    Timestamp(microseconds: UInt64(1_800_000_000 + seconds) * 1_000_000)
  }

  /// The clocks after so many seconds, with the wall clock set by others.
  private func after(_ seconds: Int64, setBy change: Int64 = 0) -> ClockReading {
    ClockReading(wall: at(seconds + change), elapsed: .seconds(1_000 + seconds))
  }

  @Test func `a clock that goes with the elapsed time is trusted, also after a suspension`() {
    var clock = TrustedClock(after(0), proven: at(-60))
    for second in stride(from: 0, to: 3 * Self.day, by: 7_200) {
      #expect(clock.look(after(second)) == at(second))
      #expect(clock.doubt == nil)
    }
  }

  @Test(arguments: [decade, day, 61]) func `a jump ahead and back makes nothing old, and clears`(
    jump: Int64
  ) throws {
    var clock = TrustedClock(after(0), proven: at(0))
    #expect(clock.look(after(10, setBy: jump)) == at(10), "time goes on by the elapsed time")
    let doubt = try #require(clock.doubt)
    #expect(doubt.cause == .jump && doubt.distance == .seconds(jump) && doubt.isRemarkable)
    #expect(doubt.wall == at(10 + jump))
    #expect(clock.look(after(15, setBy: jump)) == at(15))
    #expect(clock.doubt == doubt, "a doubt stays the same one")
    #expect(clock.look(after(20)) == at(20))
    #expect(clock.doubt == nil)
    #expect(clock.look(after(25, setBy: 2 * jump)) == at(25), "the next jump has its own doubt")
    #expect(clock.doubt?.distance == .seconds(2 * jump))
  }

  @Test func `a jump that lasts is trusted after an hour, and not before`() {
    var clock = TrustedClock(after(0), proven: at(0))
    _ = clock.look(after(10, setBy: Self.day))
    #expect(clock.look(after(9 + Self.hour, setBy: Self.day)) == at(9 + Self.hour))
    #expect(
      clock.look(after(10 + Self.hour, setBy: Self.day)) == at(10 + Self.hour + Self.day))
    #expect(clock.doubt == nil)
  }

  @Test func `a jump within a jump begins another hour`() {
    var clock = TrustedClock(after(0), proven: at(0))
    _ = clock.look(after(10, setBy: Self.day))
    _ = clock.look(after(20, setBy: 2 * Self.day))
    #expect(clock.doubt?.distance == .seconds(Self.day))
    #expect(
      clock.look(after(15 + Self.hour, setBy: 2 * Self.day)) == at(15 + Self.hour))
  }

  @Test func `a clock that is set back is doubted too, and its own time makes less old`() {
    var clock = TrustedClock(after(0), proven: at(0))
    #expect(clock.look(after(10, setBy: -Self.hour)) == at(10 - Self.hour))
    #expect(clock.doubt?.distance == .seconds(-Self.hour))
  }

  @Test func `corrections of less than a minute each are followed`() {
    var clock = TrustedClock(after(0), proven: at(0))
    for step in Int64(1)...100 {
      #expect(clock.look(after(step, setBy: 50 * step)) == at(51 * step))
    }
  }

  @Test(arguments: [(2 * hour, false), (3 * day, false), (8 * day, true), (decade, true)])
  func `at the start a clock far from the log is doubted, and reported after a week`(
    distance: Int64, isRemarkable: Bool
  ) throws {
    var clock = TrustedClock(after(distance), proven: at(0))
    #expect(clock.look(after(distance + 60)) == at(60))
    let doubt = try #require(clock.doubt)
    #expect(doubt.cause == .start && doubt.distance == .seconds(distance))
    #expect(doubt.isRemarkable == isRemarkable)
    #expect(clock.look(after(distance + Self.hour)) == at(distance + Self.hour), "an hour of proof")
  }

  @Test func `at the start a clock behind the log, or beside an empty one, is trusted`() {
    for proven in [at(Self.decade), nil] {
      var clock = TrustedClock(after(0), proven: proven)
      #expect(clock.look(after(0)) == at(0))
      #expect(clock.doubt == nil)
    }
  }

  /// Clocks that jump at any time, by anything, and are right again within the hour: whenever a
  /// process looks or starts, nothing is older than it is.
  @Test(arguments: UInt64(1)...200) func `no story of short jumps makes anything old`(seed: UInt64)
  {
    var random = seed
    func draw(_ limit: Int64) -> Int64 {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int64(random >> 33) % limit
    }
    var clock = TrustedClock(after(0), proven: at(0))
    var second: Int64 = 0
    for _ in 0..<20 {
      let jump = draw(2) == 0 ? 61 + draw(Self.hour) : draw(2 * Self.decade)
      let end = second + 1 + draw(3_500)
      while second < end {
        let time = clock.look(after(second, setBy: jump))
        #expect(time <= at(second), "seed \(seed), second \(second), set by \(jump)")
        second += 1 + draw(100)
      }
      #expect(clock.look(after(second)) == at(second))
      second += draw(Self.hour)
    }
  }
}

/// The last time that a log proves.
@Suite(.timeLimit(.minutes(1)))
struct ProvenTimeTests {
  private let clock = TestClock()
  private let store: MemoryStore

  init() throws {
    store = try MemoryStore()
  }

  private func open() throws -> ServiceJournal {
    try ServiceJournal(.store(store), of: "delta", runtime: clock.runtime)
  }

  /// Emits events, with so many seconds before each.
  private func emit(_ pauses: [UInt64], in journal: ServiceJournal) throws {
    for pause in pauses {
      clock.advance(microseconds: pause * 1_000_000)
      let work = clock.correlation
      try journal.write { try $0.emit(Noted(thing: "a", text: ""), correlation: work) }
    }
  }

  private func proven(_ journal: ServiceJournal) throws -> Timestamp? {
    try journal.look { try $0.provenTime() }
  }

  @Test func `an empty log proves nothing, and another one the time of its last event`() throws {
    let journal = try open()
    #expect(try proven(journal) == nil)
    try emit([0, 10, 3_000, 20], in: journal)
    #expect(try proven(journal) == clock.now)
  }

  @Test(arguments: [0, 1, 2, 5, 40]) func `a log that has jumped proves the time before`(
    count: Int
  ) throws {
    let journal = try open()
    try emit(Array(repeating: 600, count: 1 + count), in: journal)
    let before = clock.now
    clock.set(microseconds: clock.now.microseconds + 315_532_800_000_000)
    try emit(Array(repeating: 60, count: 1 + count), in: journal)
    #expect(try proven(journal) == before)
  }

  @Test func `a log that has continued for an hour proves its own time`() throws {
    let journal = try open()
    try emit([0], in: journal)
    clock.set(microseconds: clock.now.microseconds + 315_532_800_000_000)
    try emit(Array(repeating: 400, count: 11), in: journal)
    #expect(try proven(journal) == clock.now)
  }

  @Test func `a restart while the clock is wrong does not trust it by its own events`() throws {
    let age = Duration.seconds(7 * 86_400)
    var journal = try open()
    try emit([0, 1, 1], in: journal)
    let right = clock.now
    clock.set(microseconds: clock.now.microseconds + 315_532_800_000_000)
    try emit([1, 1], in: journal)
    journal = try open()
    #expect(journal.clockStatus.doubt?.cause == .start)
    let pruned = try journal.write { transaction in
      #expect(transaction.trustedNow < right + .seconds(10))
      return try transaction.prune(Retention(age: age), asOf: transaction.trustedNow)
    }
    #expect(pruned == 0)
    // The clock is right again: the log is ahead of it, and commit times go on above the last one.
    clock.set(microseconds: right.microseconds + 5_000_000)
    journal = try open()
    #expect(journal.clockStatus.doubt == nil)
    let behind = try #require(journal.clockStatus.behindLog)
    #expect(behind > .seconds(315_532_000) && behind < .seconds(315_532_900))
    let last = try journal.look { try $0.head().committedAt }
    try emit([1], in: journal)
    #expect(try journal.look { try $0.head().committedAt } >= last)
  }
}
