import Events
import Foundation
import GRDB
import Journal
import RoomTesting
import Testing

@Suite(.timeLimit(.minutes(1)))
struct OpeningTests {
  private let clock = TestClock()
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func refusal(of path: String, as service: String = "test", _ migrations: [Migration])
    throws -> JournalError
  {
    let error = #expect(throws: JournalError.self) {
      try makeJournal(.file(path), of: service, migrations: migrations, in: clock)
    }
    return try #require(error)
  }

  /// Everything in the folder, by name.
  private func contents() throws -> [String: Data] {
    let manager = FileManager.default
    return try manager.contentsOfDirectory(atPath: folder.path).reduce(into: [:]) { files, name in
      // The index of a write-ahead log is made by its first reader, and holds nothing of its own.
      guard !name.hasSuffix("-shm") else { return }
      let bytes = manager.contents(atPath: folder.file(name))
      if name.hasSuffix("-wal"), bytes?.isEmpty != false { return }
      files[name] = bytes
    }
  }

  @Test func `a file that is no database is named, and not changed`() throws {
    let path = folder.file()
    try Data(repeating: 65, count: 5000).write(to: URL(filePath: path))
    let before = try contents()
    let error = try refusal(of: path, [texts])
    #expect(error.code == .notADatabase)
    #expect(error.description.contains(path))
    #expect(try contents() == before)
  }

  @Test func `a database of something else is refused, and not changed`() throws {
    let path = folder.file()
    let queue = try DatabaseQueue(path: path)
    try queue.write { try $0.execute(sql: "CREATE TABLE bookmarks (url TEXT)") }
    try queue.close()
    let before = try contents()
    let error = try refusal(of: path, [texts])
    #expect(error.code == .notADatabase)
    #expect(error.description.contains(path))
    #expect(try contents() == before)
  }

  @Test func `a journal of a newer version is refused, and not changed`() throws {
    let path = folder.file()
    let newer = Migration("test-2-more", sql: "CREATE TABLE more (id INTEGER PRIMARY KEY)")
    try makeJournal(.file(path), migrations: [texts, newer], in: clock).close()
    let before = try contents()
    let error = try refusal(of: path, [texts])
    #expect(error.code == .newer)
    #expect(error.description.contains(path))
    #expect(try contents() == before)
  }

  @Test(arguments: [
    [texts], [Migration("other-1", sql: "CREATE TABLE other (id INTEGER PRIMARY KEY)")],
  ])
  func `another service's journal is refused, and not changed`(migrations: [Migration]) throws {
    let path = folder.file()
    try makeJournal(.file(path), of: "other", in: clock).close()
    let before = try contents()
    let error = try refusal(of: path, as: "test", migrations)
    #expect(error.code == .foreign)
    #expect(error.description.contains("the journal of other, not of test"))
    #expect(try contents() == before)
  }

  @Test func `the write-ahead log of a crash is read before any refusal`()
    throws
  {
    let path = folder.file()
    let live = try makeJournal(.file(path), of: "other", in: clock)
    try live.write { try $0.store("only in the write-ahead log") }
    let copy = try TemporaryFolder()
    for suffix in ["", "-wal"] {
      try FileManager.default.copyItem(atPath: path + suffix, toPath: copy.file() + suffix)
    }
    let error = try refusal(of: copy.file(), [texts])
    #expect(error.code == .foreign)
    let crashed = try makeJournal(.file(copy.file()), of: "other", in: clock)
    #expect(try crashed.look { try $0.texts() } == ["only in the write-ahead log"])
  }

  @Test func `a missing folder is a sentence`() throws {
    let path = folder.file("missing/journal.sqlite")
    let error = try refusal(of: path, [texts])
    #expect(error.code == .unreachable)
    #expect(error.description.contains(path))
  }

  @Test func `an empty file becomes a journal`() throws {
    let path = folder.file()
    try Data().write(to: URL(filePath: path))
    let journal = try makeJournal(.file(path), in: clock)
    #expect(try journal.look { try $0.head().sequence } == 0)
  }

  @Test func `an older journal is brought to the present design`() throws {
    let path = folder.file()
    let first = try makeJournal(.file(path), in: clock)
    try first.write { try $0.store("kept") }
    try first.close()
    let newer = Migration("test-2-more", sql: "ALTER TABLE texts ADD COLUMN colour TEXT")
    let second = try makeJournal(.file(path), migrations: [texts, newer], in: clock)
    #expect(try second.look { try $0.texts() } == ["kept"])
    let colour = try second.look {
      try $0.row("SELECT colour FROM texts")?.value("colour", as: String?.self)
    }
    #expect(colour == .some(nil))
  }

  @Test func `a start makes a durable commit, a new journal an epoch of its own`() throws {
    let path = folder.file()
    var epochs: [Epoch] = []
    for start in 1...3 {
      let journal = try makeJournal(.file(path), in: clock)
      let starts = try journal.look {
        try $0.value("SELECT starts AS value FROM journal", as: Int.self)
      }
      #expect(starts == start)
      epochs.append(try journal.look { try $0.head().epoch })
      try journal.close()
    }
    let fresh = try makeJournal(in: clock)
    epochs.append(try fresh.look { try $0.head().epoch })
    #expect(Set(epochs).count == 2)
  }

  @Test func `the writer syncs every commit`() throws {
    let journal = try makeJournal(.file(folder.file()), in: clock)
    let level = try journal.write { transaction in
      try transaction.row("PRAGMA synchronous")?.value("synchronous", as: Int.self)
    }
    let mode = try journal.look {
      try $0.row("PRAGMA journal_mode")?.value("journal_mode", as: String.self)
    }
    #expect(level == 2)
    #expect(mode == "wal")
  }

  @Test func `each start makes the registered consumers those of the configuration`() throws {
    let path = folder.file()
    let first = try makeJournal(.file(path), expecting: ["beta", "alpha"], in: clock)
    #expect(first.registration.added == ["beta", "alpha"])
    let epoch = try first.look { try $0.head().epoch }
    try first.write { try $0.acknowledge("alpha", epoch: epoch, sequence: 3) }
    try first.close()
    let second = try makeJournal(.file(path), expecting: ["late", "alpha"], in: clock)
    #expect(second.registration.added == ["late"])
    #expect(second.registration.removed.map(\.name) == ["beta"])
    let consumers = try second.look { try $0.consumers() }
    #expect(consumers.map(\.name) == ["alpha", "late"])
    #expect(consumers.map(\.cursor) == [3, 0])
    try second.close()
    let tool = try makeJournal(.file(path), in: clock)
    #expect(tool.registration.added.isEmpty && tool.registration.removed.isEmpty)
    #expect(tool.expected.names == ["alpha", "late"])
  }

  @Test func `an acknowledgement moves a consumer forwards only, and registers none`() throws {
    let journal = try makeJournal(expecting: ["beta"], in: clock)
    let epoch = try journal.look { try $0.head().epoch }
    let moved = try journal.write { transaction in
      [
        try transaction.acknowledge("beta", epoch: epoch, sequence: 5),
        try transaction.acknowledge("zeta", epoch: epoch, sequence: 1),
        try transaction.acknowledge("beta", epoch: epoch, sequence: 3),
      ]
    }
    #expect(moved == [true, false, true])
    let consumers = try journal.look { try $0.consumers() }
    #expect(consumers.map(\.name) == ["beta"])
    #expect(consumers.map(\.cursor) == [5])
    #expect(consumers.allSatisfy { $0.seenAt == clock.now })
  }

  @Test func `a start that fails and is tried again reports the removed consumers`() throws {
    let path = folder.file()
    let mark = folder.file() + ".founded"
    try makeJournal(.file(path), expecting: ["beta", "delta"], in: clock).close()
    try FileManager.default.removeItem(atPath: mark)
    // The mark cannot be made.
    try FileManager.default.createSymbolicLink(
      atPath: mark, withDestinationPath: folder.file("missing") + "/mark")
    #expect(throws: JournalError.self) {
      try makeJournal(.file(path), expecting: ["beta"], in: clock)
    }
    try FileManager.default.removeItem(atPath: mark)
    let journal = try makeJournal(.file(path), expecting: ["beta"], in: clock)
    #expect(journal.registration.removed.map(\.name) == ["delta"])
    try journal.close()
  }

  @Test func `that a part of the history is lost is known without reading`() throws {
    let path = folder.file()
    let first = try makeJournal(.file(path), in: clock)
    #expect(first.lost == nil)
    try first.write { try $0.loseHistory("beta has more") }
    try first.close()
    #expect(first.lost == "beta has more")
    let second = try makeJournal(.file(path), in: clock)
    #expect(second.lost == "beta has more")
    try second.close()
  }
}
