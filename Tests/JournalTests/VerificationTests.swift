import Events
import Foundation
import GRDB
import Journal
import RoomTesting
import Testing

/// The findings of `eventually verify`.
@Suite(.timeLimit(.minutes(1)))
struct VerificationTests {
  private let folder: TemporaryFolder
  private let clock = TestClock()

  init() throws {
    folder = try TemporaryFolder()
    let journal = try makeJournal(
      .file(folder.file()),
      reacting: [.on(Noted.self, from: "other") { _, _ in .done }], in: clock)
    let other = SyntheticLog()
    for number in 1...40 {
      clock.advance(microseconds: 1_000_000)
      let correlation = clock.correlation
      let record = try other.next(Noted(thing: "a", text: "\(number)"))
      try journal.write { transaction in
        try transaction.emit(
          Noted(thing: "thing \(number)", text: "text"), correlation: correlation)
        try transaction.apply([record], of: "other", through: other.cursor)
      }
    }
    try journal.close()
  }

  private func problems(_ path: String? = nil, _ checks: [JournalCheck] = []) throws -> [String] {
    try ServiceJournal.verify(path ?? folder.file(), of: "test", checks: ["test": checks])
      .findings.map(\.problem)
  }

  private func change(_ sql: String) throws {
    let file = try DatabaseQueue(path: folder.file())
    try file.writeWithoutTransaction { try $0.execute(sql: sql) }
    try file.close()
  }

  @Test func `a sound journal is sound, and all of it is read`() throws {
    var last = 0
    let verification = try ServiceJournal.verify(folder.file(), of: "test") { read, count in
      last = read
      #expect(count == 40)
    }
    #expect(verification.findings == [])
    #expect(verification.service == "test")
    #expect(verification.events == 40)
    #expect(last == 40)
  }

  @Test(arguments: [
    ("DELETE FROM log WHERE sequence = 7", "events before 8 are missing"),
    ("DELETE FROM log WHERE sequence = 40", "the log does not end at the head 40"),
    (
      "UPDATE log SET topic = 'test/thing.opened/v1/' WHERE sequence = 3", "event 3 does not follow"
    ),
    ("UPDATE journal SET sequence = 39", "event 40 is after the head"),
    ("UPDATE journal SET epoch = epoch + 1", "its last history is not the journal's"),
    ("UPDATE lineage SET sequence = 41", "begins after the head"),
    ("DELETE FROM journal", "the journal has no row of its own"),
    ("UPDATE cursors SET chain = zeroblob(16)", "the cursor of other has no chain"),
    ("INSERT INTO consumers (name, sequence) VALUES ('far', 99)", "far is ahead of the log"),
    ("DROP TABLE log", "the tables of a journal are missing"),
  ])
  func `a mismatch is found`(sql: String, problem: String) throws {
    try change(sql)
    let problems = try problems()
    #expect(problems.contains { $0.contains(problem) }, "\(problems)")
  }

  @Test func `a pruned log is sound, and a room's own rule is checked`() throws {
    let journal = try makeJournal(.file(folder.file()), in: clock)
    clock.advance(microseconds: 20_000_000)
    let rule = Retention(age: .seconds(30), forever: [])
    while try journal.write({ try $0.prune(rule, limit: 7) }) > 0 {}
    #expect(try journal.look { try $0.head().floor } > 1)
    try journal.close()
    #expect(try problems() == [])
    let check = JournalCheck("a rule") { _ in ["it does not hold"] }
    #expect(try problems(nil, [check]) == ["it does not hold"])
  }

  /// The fields of an event that are checked: all but the least reader, which stands nowhere else.
  private func content(_ path: String) throws -> [[String]] {
    let file = try DatabaseQueue(path: path)
    defer { try? file.close() }
    return try file.read { database in
      try Row.fetchAll(
        database, sql: "SELECT sequence, topic, header, body FROM log ORDER BY sequence"
      ).map { row in
        let (header, body): (Data, Data) = (row["header"], row["body"])
        let parts = [header.prefix(6), header.dropFirst(8), body].map { $0.base64EncodedString() }
        return ["\(row["sequence"] as Int64)", row["topic"] as String] + parts
      }
    }
  }

  @Test(.timeLimit(.minutes(1)))
  func `a bit that flips anywhere is found, or no event has changed`() throws {
    let sound = try content(folder.file())
    let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.file()))
    let copy = folder.file("copy.sqlite")
    var found = 0
    var harmless = 0
    for position in stride(from: 0, to: bytes.count * 8, by: bytes.count * 8 / 200 | 1) {
      var damaged = bytes
      damaged[position / 8] ^= 1 << UInt8(position % 8)
      try damaged.write(to: URL(fileURLWithPath: copy))
      // A file that cannot be opened at all is found too.
      let isFound = (try? problems(copy).isEmpty) != true
      if isFound {
        found += 1
      } else {
        harmless += 1
        #expect(try content(copy) == sound, "bit \(position)")
      }
      for end in ["", "-wal", "-shm"] { unlink(copy + end) }
    }
    #expect(found > 25, "\(found) found, \(harmless) without harm")
  }
}
