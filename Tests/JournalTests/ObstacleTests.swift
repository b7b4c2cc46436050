import Events
import GRDB
import RoomTesting
import Runtime
import Synchronization
import Testing

@testable import Journal

/// A lock of another program, and a disk without space: they pass, and the journal goes on.
@Suite(.timeLimit(.minutes(1)))
struct ObstacleTests {
  private let folder: TemporaryFolder
  private let journal: ServiceJournal
  private let changes: AsyncStream<Obstacle.Change>

  init() throws {
    folder = try TemporaryFolder()
    journal = try makeJournalInRealTime(in: folder)
    changes = journal.obstacles()
  }

  /// Another connection to the same file, as another program has it.
  private func stranger(_ sql: String) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.allowsUnsafeTransactions = true
    let other = try DatabaseQueue(path: folder.file(), configuration: configuration)
    try other.writeWithoutTransaction { try $0.execute(sql: sql) }
    return other
  }

  private func release(_ other: DatabaseQueue) throws {
    try other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
  }

  /// Waits for the next change of an obstacle.
  private func nextChange() async -> String? {
    await changes.first { _ in true }?.words
  }

  @Test func `patient work waits for a lock, and impatient work leaves with the reason`()
    async throws
  {
    let other = try stranger("BEGIN IMMEDIATE")
    async let patient: Void = journal.write { try $0.store("patient") }
    #expect(await nextChange() == "met journal-locked")
    let error = await #expect(throws: JournalError.self) {
      try await journal.write(patience: .milliseconds(300)) { try $0.store("impatient") }
    }
    #expect(error?.code == .busy)
    #expect(error?.summary.hasPrefix("\(folder.file()) is locked by ") == true)
    #expect(journal.obstacle?.error.code == .busy)
    #expect(try journal.look { try $0.texts() } == [], "reading goes on")
    try release(other)
    try await patient
    #expect(try journal.look { try $0.texts() } == ["patient"])
    #expect(journal.obstacle == nil)
    #expect(await nextChange() == "passed journal-locked")
  }

  @Test func `waiting work keeps its order, and is done once`() async throws {
    let other = try stranger("BEGIN IMMEDIATE")
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<20 {
        group.addImmediateTask { try await journal.write { try $0.store("\(number)") } }
      }
      group.addTask {
        _ = await nextChange()
        try release(other)
      }
      try await group.waitForAll()
    }
    #expect(try journal.look { try $0.texts() } == (0..<20).map(String.init))
  }

  @Test func `work that waits leaves when its task is cancelled`() async throws {
    let other = try stranger("BEGIN IMMEDIATE")
    let waiting = Task.immediate { try await journal.write { try $0.store("never") } }
    _ = await nextChange()
    waiting.cancel()
    await #expect(throws: CancellationError.self) { try await waiting.value }
    try release(other)
    try await journal.write { try $0.store("later") }
    #expect(try journal.look { try $0.texts() } == ["later"])
  }

  @Test func `a disk without space is waited for, and reading goes on`() async throws {
    // As many pages as there are: the next one finds no space.
    func limitPages(_ count: Int64) throws {
      let engine = try #require(journal.engine as? SQLiteEngine)
      try engine.database.writeWithoutTransaction {
        try $0.execute(sql: "PRAGMA max_page_count = \(count)")
      }
    }
    try limitPages(1)
    let large = String(repeating: "x", count: 100_000)
    async let stored: Void = journal.write { try $0.store(large) }
    #expect(await nextChange() == "met disk-full")
    let error = await #expect(throws: JournalError.self) {
      try await journal.write(patience: .zero) { try $0.store(large) }
    }
    #expect(error?.code == .full)
    #expect(error?.description.contains("Make space") == true)
    #expect(try journal.look { try $0.texts() } == [])
    try limitPages(1_000_000)
    try await stored
    #expect(try journal.look { try $0.texts() } == [large])
  }

  @Test func `an obstacle that comes and goes is reported once a minute`() async throws {
    let now = Mutex(Duration.zero)
    var runtime = TestClock().runtime
    runtime.uptime = { now.withLock { $0 } }
    let journal = try ServiceJournal(.memory, of: "test", runtime: runtime)
    let changes = journal.obstacles()
    func meet() {
      journal.met(JournalError(.disk, summary: "a bad sector"), in: .reading)
    }
    for second in 0..<59 {
      now.withLock { $0 = .seconds(second) }
      meet()
      journal.passed(.reading)
      #expect(journal.obstacle == nil)
    }
    meet()
    now.withLock { $0 = .seconds(60) }
    // It lasts, and is reported a second time.
    meet()
    meet()
    // Another one ends what is looked at.
    journal.met(JournalError(.full, summary: "no space"), in: .writing)
    var told: [String] = []
    for await change in changes {
      told.append(change.words)
      if change.words == "met disk-full" { break }
    }
    #expect(told.dropLast() == ["met disk-error", "passed disk-error", "met disk-error"])
  }

  @Test func `a text of the kernel that is longer than a page is read to its end`() {
    let map = kernelText("/proc/self/maps")
    #expect(map.utf8.count > 8_192)
    #expect(map.contains("[stack]"), "\(map.suffix(200))")
  }

  @Test func `the lock of another process is reported with its number and name`() {
    let line = "7: POSIX  ADVISORY  WRITE 4711 fd:01:1573 120 120"
    let lock = FileLock(Substring(line))
    #expect(lock?.pid == 4711)
    #expect(lock?.inode == 1573)
    #expect(lock?.first == 120)
    #expect(lock?.isWrite == true)
    #expect(FileLock("7: -> POSIX  ADVISORY  WRITE 4711 fd:01:1573 0 EOF") == nil, "it waits")
    #expect(FileLock("8: FLOCK  ADVISORY  WRITE 4711 fd:01:1573 0 EOF") == nil)
    #expect("\(LockHolder(pid: 4711, name: "sqlite3"))" == "process 4711 (sqlite3)")
  }
}

extension Obstacle.Change {
  fileprivate var words: String {
    switch self {
    case .met(let obstacle): "met \(obstacle.error.code)"
    case .passed(let obstacle, _): "passed \(obstacle.error.code)"
    }
  }
}
