import Dispatch
import Glibc
import RoomTesting
import Synchronization
import Testing

@testable import Journal

/// The thread on which a journal commits.
@Suite(.timeLimit(.minutes(1))) struct WriterThreadTests {
  @Test func `tasks that are ready on the writer's thread share a commit`() async throws {
    let journal = try makeJournal(in: TestClock())
    let commits = Mutex(0)
    let registration = journal.onCommit { commits.withLock { $0 += 1 } }
    let areReady = DispatchSemaphore(value: 0)
    journal.writer.async { areReady.wait() }
    try await withThrowingDiscardingTaskGroup { tasks in
      for _ in 1...100 {
        tasks.addTask(executorPreference: journal.writer) { try await journal.write { _ in } }
      }
      areReady.signal()
    }
    withExtendedLifetime(registration) {}
    #expect(commits.withLock(\.self) == 1)
  }

  @Test func `the thread of a forgotten journal ends`() async throws {
    weak var queue: JobQueue?
    do {
      let journal = try makeJournal(in: TestClock())
      queue = journal.writer.queue
      try await journal.write { _ in }
    }
    while queue != nil {
      try Task.checkCancellation()
      await Task.yield()
    }
  }

  @Test func `a blocked caller does not commit beside the thread`() async throws {
    let journal = try makeJournal(in: TestClock())
    let running = Mutex((now: 0, most: 0))
    let registration = journal.onCommit {
      running.withLock { running in
        running.now += 1
        running.most = max(running.most, running.now)
      }
      for _ in 1...20 { sched_yield() }
      running.withLock { $0.now -= 1 }
    }
    try await withThrowingDiscardingTaskGroup { tasks in
      for number in 1...200 {
        tasks.addTask {
          guard number.isMultiple(of: 2) else { return try await journal.write { _ in } }
          try { try journal.write { _ in } }()
        }
      }
    }
    withExtendedLifetime(registration) {}
    #expect(running.withLock(\.most) == 1)
  }
}
