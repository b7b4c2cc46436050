import Events
import GRDB
import Synchronization
import Testing

@testable import Journal

/// A lock of another program, and a disk without space: they pass, and the journal goes on.
@Suite(.timeLimit(.minutes(1)))
struct ObstacleTests {
  private let folder: TemporaryFolder
  private let journal: ServiceJournal
  private let changes = Heard<String>()

  init() throws {
    folder = try TemporaryFolder()
    // The clock that measures patience is the machine's, because the obstacles are real.
    var surroundings = World().surroundings
    let start = ContinuousClock.now
    surroundings.uptime = { ContinuousClock.now - start }
    journal = try ServiceJournal(
      .file(folder.file()), of: "test", migrations: [texts], surroundings: surroundings)
    let changes = changes
    journal.observeObstacles { change in
      switch change {
      case .met(let obstacle): changes.add("met \(obstacle.error.code)")
      case .passed(let obstacle, _): changes.add("passed \(obstacle.error.code)")
      }
    }
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

  /// Waits until an obstacle is met.
  private func untilMet() async throws {
    while journal.obstacle == nil { try await Task.sleep(for: .milliseconds(5)) }
  }

  @Test func `patient work waits for a lock, and impatient work leaves with the reason`()
    async throws
  {
    let other = try stranger("BEGIN IMMEDIATE")
    async let patient: Void = journal.write { try $0.store("patient") }
    try await untilMet()
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
    #expect(changes.values == ["met journal-locked", "passed journal-locked"])
  }

  @Test func `waiting work keeps its order, and is done once`() async throws {
    let other = try stranger("BEGIN IMMEDIATE")
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<20 {
        group.addImmediateTask { try await journal.write { try $0.store("\(number)") } }
      }
      group.addTask {
        try await untilMet()
        try release(other)
      }
      try await group.waitForAll()
    }
    #expect(try journal.look { try $0.texts() } == (0..<20).map(String.init))
  }

  @Test func `work that waits leaves when its task is cancelled`() async throws {
    let other = try stranger("BEGIN IMMEDIATE")
    let waiting = Task.immediate { try await journal.write { try $0.store("never") } }
    try await untilMet()
    waiting.cancel()
    await #expect(throws: CancellationError.self) { try await waiting.value }
    try release(other)
    try await journal.write { try $0.store("later") }
    #expect(try journal.look { try $0.texts() } == ["later"])
  }

  @Test func `a disk without space is waited for, and reading goes on`() async throws {
    // As many pages as there are: the next one finds no space.
    func limitPages(_ count: Int64) throws {
      try journal.database.writeWithoutTransaction {
        try $0.execute(sql: "PRAGMA max_page_count = \(count)")
      }
    }
    try limitPages(1)
    let large = String(repeating: "x", count: 100_000)
    let error = await #expect(throws: JournalError.self) {
      try await journal.write(patience: .zero) { try $0.store(large) }
    }
    #expect(error?.code == .full)
    #expect(error?.description.contains("Make space") == true)
    #expect(try journal.look { try $0.texts() } == [])
    async let stored: Void = journal.write { try $0.store(large) }
    try limitPages(1_000_000)
    try await stored
    #expect(try journal.look { try $0.texts() } == [large])
    #expect(changes.values.first == "met disk-full")
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
