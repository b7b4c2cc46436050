import Dispatch
import GRDB
import RoomTesting
import Runtime
import Synchronization
import Testing

@testable import Journal

/// Work that meets the close of its journal: it is finished where it had begun, and is refused where
/// it had not.
@Suite(.timeLimit(.minutes(1))) struct ClosingTests {
  private let folder: TemporaryFolder
  private let journal: ServiceJournal

  init() throws {
    folder = try TemporaryFolder()
    journal = try makeJournalInRealTime(in: folder)
  }

  /// The failure that ends a daemon.
  private var failure: JournalError? { journal.state.withLock { $0.failure } }

  private func textsOnDisk() throws -> [String] {
    let again = try ServiceJournal(
      .file(folder.file()), of: "test", migrations: [texts], runtime: TestClock().runtime)
    return try again.look { try $0.texts() }
  }

  @Test func `a write that waits for the thread when its journal closes is refused`() async throws {
    let isClosed = DispatchSemaphore(value: 0)
    journal.writer.async { isClosed.wait() }
    let waiting = (1...3).map { number in
      Task.immediate { try await journal.write { try $0.store("\(number)") } }
    }
    try journal.close()
    isClosed.signal()
    for write in waiting {
      let error = await #expect(throws: JournalError.self) { try await write.value }
      #expect(error?.code == .closed)
    }
    #expect(failure == nil, "nothing is unknown, so the daemon does not fail")
    #expect(try textsOnDisk() == [])
  }

  @Test func `a write that an obstacle holds up when its journal closes is refused`() async throws {
    var configuration = Configuration()
    configuration.allowsUnsafeTransactions = true
    let other = try DatabaseQueue(path: folder.file(), configuration: configuration)
    try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
    let changes = journal.obstacles()
    let waiting = Task.immediate { try await journal.write { try $0.store("never") } }
    _ = await changes.first { _ in true }
    try journal.close()
    let error = await #expect(throws: JournalError.self) { try await waiting.value }
    #expect(error?.code == .closed)
    #expect(failure == nil)
    try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
    #expect(try textsOnDisk() == [])
  }

  @Test func `a write that has begun when its journal closes is committed`() async throws {
    let hasBegun = AsyncStream.makeStream(of: Void.self)
    let mayEnd = DispatchSemaphore(value: 0)
    async let stored: Void = journal.write { transaction in
      hasBegun.continuation.finish()
      mayEnd.wait()
      try transaction.store("stored")
    }
    for await _ in hasBegun.stream {}
    async let closed: Void = close()
    while !journal.state.withLock(\.isClosed) { await Task.yield() }
    mayEnd.signal()
    try await stored
    try await closed
    #expect(failure == nil)
    #expect(try textsOnDisk() == ["stored"])
  }

  /// Closes the journal on a thread that may wait.
  private func close() async throws {
    try await withCheckedThrowingContinuation { continuation in
      DispatchQueue.global().async { continuation.resume(with: Result { try journal.close() }) }
    }
  }

  @Test func `nothing is written or read after the close`() async throws {
    try journal.close()
    let late = [
      await error { try await journal.write { try $0.store("late") } },
      await error { try journal.writeNow { try $0.store("late") } },
      await error { try journal.look { try $0.texts() } },
      await error { try await journal.read { try $0.texts() } },
    ]
    for error in late {
      #expect(error?.code == .closed)
      #expect(error?.summary == "\(folder.file()) is closed, because its service stops")
    }
    #expect(failure == nil)
  }

  private func error(of work: () async throws -> some Any) async -> JournalError? {
    do {
      _ = try await work()
      return nil
    } catch {
      return error as? JournalError
    }
  }
}
