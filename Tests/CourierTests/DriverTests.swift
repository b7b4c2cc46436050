import Courier
import Dispatch
import RoomTesting
import Synchronization
import Testing

@testable import Journal

/// The daemons' driver, with processes of a few lines.
@Suite(.timeLimit(.minutes(1))) struct DriverTests {
  /// Wakes at once, again and again.
  private struct Ticking: Courier.Process {
    enum Input: Sendable { case started, woke }
    enum Action: Sendable { case tick }

    static let start = Input.started
    static let wake = Input.woke

    func handle(_ input: Input, at now: Duration, random: () -> UInt64) -> [Effect<Input, Action>] {
      switch input {
      case .started: [.wake(at: now)]
      case .woke: [.wake(at: now + .milliseconds(1)), .perform(.tick)]
      }
    }
  }

  private struct Ended: Error {}

  @Test func `a driver that runs again wakes its process again`() async throws {
    let journal = try ServiceJournal(.memory, of: "alpha", runtime: .machine)
    var driver = Driver(Ticking(), journal: journal, runtime: .machine)
    for _ in 1...3 {
      var ticks = 0
      await #expect(throws: Ended.self) {
        try await driver.run { _ in
          ticks += 1
          if ticks == 3 { throw Ended() }
          return nil
        }
      }
      #expect(ticks == 3)
    }
  }

  /// Reads once.
  private struct Reading: Courier.Process {
    enum Input: Sendable { case started, read, woke }
    enum Action: Sendable { case end }

    static let start = Input.started
    static let wake = Input.woke

    func handle(_ input: Input, at now: Duration, random: () -> UInt64) -> [Effect<Input, Action>] {
      switch input {
      case .started: [.read(Read(isShort: true) { _ in .read })]
      case .read: [.perform(.end)]
      case .woke: []
      }
    }
  }

  @Test func `a short read waits for no reader`() async throws {
    let folder = try TemporaryFolder()
    let journal = try ServiceJournal(
      .file(folder.path + "/alpha.sqlite"), of: "alpha", runtime: .machine)
    let (held, reader) = AsyncStream.makeStream(of: Void.self)
    let mayEnd = DispatchSemaphore(value: 0)
    try await withThrowingDiscardingTaskGroup { tasks in
      // As many as the pool of readers has.
      for _ in 1...5 {
        tasks.addTask {
          try await journal.read { _ in
            reader.yield()
            mayEnd.wait()
          }
        }
      }
      var waiting = held.makeAsyncIterator()
      for _ in 1...5 { await waiting.next() }
      let release: @Sendable () -> Void = { for _ in 1...5 { mayEnd.signal() } }
      defer { release() }
      // Where it does wait, the end of the test's time ends it.
      await withTaskCancellationHandler {
        var driver = Driver(Reading(), journal: journal, runtime: .machine)
        await #expect(throws: Ended.self) { try await driver.run { _ in throw Ended() } }
      } onCancel: {
        release()
      }
    }
    try journal.close()
  }

  /// Commits three pieces of work at once, of which the second fails.
  private struct Writing: Courier.Process {
    enum Input: Sendable {
      case started, failed, woke
      case written(Int)
    }
    enum Action: Sendable { case end, goOn }

    static let start = Input.started
    static let wake = Input.woke
    private(set) var seen: [String] = []

    mutating func handle(_ input: Input, at now: Duration, random: () -> UInt64)
      -> [Effect<Input, Action>]
    {
      seen.append("\(input)")
      switch input {
      case .started:
        let writes: [Write<Input>] = [
          Write { _ in .written(1) },
          Write({ _ in throw Ended() }, recover: { $0 is Ended ? .failed : nil }),
          Write { _ in .written(3) },
        ]
        return [.write(writes), .perform(.goOn)]
      case .written(3): return [.perform(.end)]
      case .written, .failed, .woke: return []
      }
    }
  }

  @Test func `pieces of one effect fail alone, in order`() async throws {
    let journal = try ServiceJournal(.memory, of: "alpha", runtime: .machine)
    var driver = Driver(Writing(), journal: journal, runtime: .machine)
    await #expect(throws: Ended.self) {
      try await driver.run { action in
        if action == .end { throw Ended() }
        Issue.record("what comes after a failure is left out")
        return nil
      }
    }
    #expect(driver.process.seen == ["started", "written(1)", "failed", "written(3)"])
  }

  /// Commits many pieces of work at once, which write down when they run.
  private struct Counting: Courier.Process {
    enum Input: Sendable { case started, written, woke }

    static let start = Input.started
    static let wake = Input.woke
    let ran: @Sendable (Int) -> Void

    func handle(_ input: Input, at now: Duration, random: () -> UInt64) -> [Effect<Input, Void>] {
      guard case .started = input else { return [] }
      let writes = (0..<100).map { [ran] number in
        Write<Input> { _ in
          ran(number)
          return .written
        }
      }
      return [.write(writes), .perform(())]
    }
  }

  @Test func `pieces of one effect run in their order`() async throws {
    let journal = try ServiceJournal(.memory, of: "alpha", runtime: .machine)
    let order = Mutex<[Int]>([])
    for _ in 1...50 {
      var driver = Driver(
        Counting { number in order.withLock { $0.append(number) } }, journal: journal,
        runtime: .machine)
      await #expect(throws: Ended.self) {
        try await driver.run { _ in throw Ended() }
      }
      #expect(order.withLock { $0 } == Array(0..<100))
      order.withLock { $0 = [] }
    }
  }

  /// Passes on what arrives.
  private struct Passing: Courier.Process {
    enum Input: Sendable {
      case started, woke
      case arrived([Int])
    }

    static let start = Input.started
    static let wake = Input.woke

    func handle(_ input: Input, at now: Duration, random: () -> UInt64) -> [Effect<Input, [Int]>] {
      guard case .arrived(let items) = input else { return [] }
      return [.perform(items)]
    }
  }

  @Test func `what has arrived before a run, and what arrives in it, is taken once`() async throws {
    let journal = try ServiceJournal(.memory, of: "alpha", runtime: .machine)
    var driver = Driver(Passing(), journal: journal, runtime: .machine)
    let mailbox = Mailbox<Int>()
    mailbox.append(1)
    var taken: [Int] = []
    for last in [2, 4] {
      await #expect(throws: Ended.self) {
        try await driver.run(on: [InputSource(mailbox) { .arrived($0) }]) { items in
          taken += items
          if taken.last == last { throw Ended() }
          Task { mailbox.append(last) }
          return nil
        }
      }
      mailbox.append(3)
    }
    #expect(taken == [1, 2, 3, 4])
  }

  @Test func `a commit is an input, and its registration ends with the run`() async throws {
    let journal = try ServiceJournal(.memory, of: "alpha", runtime: .machine)
    var driver = Driver(Passing(), journal: journal, runtime: .machine)
    let mailbox = Mailbox<Int>()
    mailbox.append(1)
    let sources = [
      InputSource(mailbox) { Passing.Input.arrived($0) },
      InputSource(commitsTo: journal) { .arrived([]) },
    ]
    var commits = 0
    await #expect(throws: Ended.self) {
      try await driver.run(on: sources) { items in
        guard items.isEmpty else {
          // The driver runs, so the commit is not missed.
          Task { try await journal.write { _ in } }
          return nil
        }
        commits += 1
        throw Ended()
      }
    }
    try await journal.write { _ in }
    #expect(commits == 1)
    #expect(journal.state.withLock { $0.commitReaders.isEmpty })
  }

  // The commits begin at the first input and stay on the writer's thread, as the flood does:
  // how many inputs pass in between depends on no other thread.
  @Test func `a flood of inputs keeps no commit from the writer's thread`() async throws {
    let journal = try ServiceJournal(.memory, of: "alpha", runtime: .machine)
    let left = Mutex(10_000)
    let (began, begin) = AsyncStream.makeStream(of: Void.self)
    let flood = InputSource<Passing.Input>(
      poll: {
        begin.finish()
        return left.withLock { left in
          left = max(left - 1, 0)
          return left == 0 ? nil : .arrived([])
        }
      }, onInput: { _ in })
    let committing = Task(executorPreference: journal.writer) {
      for await _ in began {}
      for _ in 1...3 { try await journal.write { _ in } }
      return left.withLock(\.self)
    }
    let running = Task(executorPreference: journal.writer) {
      var driver = Driver(Passing(), journal: journal, runtime: .machine)
      try await driver.run(on: [flood]) { _ in nil }
    }
    #expect(try await committing.value > 0, "the flood has not ended")
    running.cancel()
    try await running.value
  }

  @Test func `a cancelled driver that waits for nothing ends`() async throws {
    let journal = try ServiceJournal(.memory, of: "alpha", runtime: .machine)
    let running = Task {
      var driver = Driver(Passing(), journal: journal, runtime: .machine)
      try await driver.run { _ in nil }
    }
    running.cancel()
    try await running.value
  }
}
