import ArgumentParser
import Courier
import Daemon
import Dispatch
import Events
import Glibc
import Journal
import Synchronization

/// `eventually bench producer`, which the benchmarks start themselves: publishes the events.
struct HopProducerCommand: ServiceCommand {
  static let configuration = CommandConfiguration(
    commandName: HopService.producer.rawValue,
    abstract: "The publishing process of a benchmark.", shouldDisplay: false)

  @OptionGroup var load: HopLoad

  @Option(help: "The folder of the journal and the sockets.")
  var folder: String

  func perform() async throws {
    let producer = try HopProducer(load: load, folder: folder)
    defer { producer.close() }
    try await producer.run(on: BenchOrder.fromStandardInput())
  }
}

/// Writes a row and emits an event in each transaction, as a service does at a request.
struct HopProducer: Sendable {
  private let load: HopLoad
  private let journal: ServiceJournal
  private let courier: ServiceCourier

  init(load: HopLoad, folder: String) throws {
    self.load = load
    let service = HopService.producer
    journal = try ServiceJournal(
      service.journal(in: folder), of: service.rawValue, migrations: [Self.table],
      expecting: [HopService.consumer.rawValue], runtime: .system)
    courier = ServiceCourier(
      journal: journal, own: service.endpoints(in: folder), following: [], runtime: .system,
      logger: service.logger)
  }

  private static let table = Migration(
    "producer-1-business",
    sql: """
      CREATE TABLE business (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL, amount INTEGER NOT NULL)
      """)

  func close() {
    try? journal.close()
  }

  /// Publishes when it is ordered to, and answers the follower until the orders end.
  func run(on orders: AsyncStream<BenchOrder>) async throws {
    try await courier.running {
      // Registered before the first event: the acknowledgement of the last one is a commit.
      let commits = journal.commits(buffering: .bufferingNewest(1))
      Output.data.line(BenchState(state: "ready").jsonLine)
      try await withThrowingDiscardingTaskGroup { tasks in
        for await _ in orders { tasks.addTask { try await publishAndReport(commits) } }
        tasks.cancelAll()
      }
    }
  }

  /// The orders may end before a consumer has acknowledged.
  private func publishAndReport(_ commits: AsyncStream<ServiceJournal.Commit>) async throws {
    do {
      Output.data.line(try await publish().jsonLine)
      try await awaitAcknowledgement(commits)
      Output.data.line(BenchState(state: "acknowledged").jsonLine)
    } catch is CancellationError {}
  }

  /// The producer's line when every event is committed.
  struct Published: Codable, Sendable {
    var state = "published"
    /// `CLOCK_MONOTONIC` at the start of the first transaction.
    let startedAt: UInt64
    let endedAt: UInt64
    /// The bytes of the last event's body.
    let bodyBytes: Int
  }

  private func publish() async throws -> Published {
    let startedAt = monotonicNanoseconds()
    // As a daemon's commands do.
    try await withTaskExecutorPreference(journal.writer) {
      if let rate = load.rate {
        try await publish(atRate: rate)
      } else {
        try await publishConcurrently(load.events)
      }
    }
    let endedAt = monotonicNanoseconds()
    let bodyBytes: Int? = try await journal.read {
      try $0.value("SELECT LENGTH(body) AS value FROM log ORDER BY sequence DESC LIMIT 1")
    }
    return Published(startedAt: startedAt, endedAt: endedAt, bodyBytes: bodyBytes ?? 0)
  }

  private func publishConcurrently(_ events: Int, after last: Int = 0) async throws {
    let numbers = NumberSource(after: last, limit: last + events, step: load.perTransaction)
    try await withThrowingDiscardingTaskGroup { writers in
      for _ in 0..<min(load.writers, events) {
        writers.addTask {
          let work = Correlation.beginning(in: .system)
          while let numbers = numbers.take() { try await write(numbers, of: work) }
        }
      }
    }
  }

  private func publish(atRate rate: Int) async throws {
    let work = Correlation.beginning(in: .system)
    var freeAt: UInt64 = 0
    for await (number, releasedAt) in Self.schedule(of: load.events, atRate: rate) {
      // An event that waits for the one before it counts from its time. The lateness of the timer is not of
      // the hop, and does not count.
      try await write(
        number..<number + 1, of: work,
        publishedAt: freeAt > releasedAt ? releasedAt : monotonicNanoseconds())
      freeAt = monotonicNanoseconds()
    }
    try Task.checkCancellation()
  }

  /// The numbers of the events, each at its time.
  ///
  /// They come from a thread that does nothing else. A timer that is set for each event would be set
  /// while the event before is on its way, on the cores that it needs.
  private static func schedule(of events: Int, atRate rate: Int) -> AsyncStream<
    (number: Int, releasedAt: UInt64)
  > {
    let (stream, continuation) = AsyncStream.makeStream(of: (number: Int, releasedAt: UInt64).self)
    DispatchQueue(label: "eventually.bench.schedule").async {
      let start = monotonicNanoseconds()
      for number in 1...events {
        let due = start + UInt64(number - 1) * 1_000_000_000 / UInt64(rate)
        var time = timespec(tv_sec: Int(due / 1_000_000_000), tv_nsec: Int(due % 1_000_000_000))
        while clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nil) == EINTR {}
        if case .terminated = continuation.yield((number, monotonicNanoseconds())) { return }
      }
      continuation.finish()
    }
    return stream
  }

  private func write(
    _ numbers: Range<Int>, of work: Correlation, publishedAt: UInt64 = monotonicNanoseconds()
  ) async throws {
    try await journal.write { transaction in
      for number in numbers {
        try transaction.run(
          """
          INSERT INTO business (name, amount)
          VALUES (\("a customer's order of something"), \(number))
          """)
        try transaction.emit(HopEvent(number: number, publishedAt: publishedAt), correlation: work)
      }
    }
  }

  private func awaitAcknowledgement(_ commits: AsyncStream<ServiceJournal.Commit>) async throws {
    let name = HopService.consumer.rawValue
    for await _ in commits {
      let isAcknowledged = try await journal.read { snapshot in
        let head = try snapshot.head().sequence
        return try snapshot.consumers().contains { $0.name == name && $0.cursor == head }
      }
      if isAcknowledged { return }
    }
    try Task.checkCancellation()
  }
}

// MARK: A log that grows

extension HopProducer {
  private func head() async throws -> Int {
    Int(try await journal.read { try $0.head().sequence })
  }

  /// Publishes until the log has `size` events.
  func fill(to size: Int, by pageSize: Int) async throws {
    let work = Correlation.beginning(in: .system)
    for last in stride(from: try await head(), to: size, by: pageSize) {
      try await write(last + 1..<min(last + pageSize, size) + 1, of: work)
    }
  }

  /// Publishes events from concurrent writers, on sockets without followers.
  ///
  /// It returns after the last commit: the events of the last group may not be sent.
  func publishUnfollowed(_ events: Int) async throws {
    let last = try await head()
    try await courier.running { try await publishConcurrently(events, after: last) }
  }
}

/// Gives each number to one writer.
private final class NumberSource: Sendable {
  private let taken: Atomic<Int>
  private let limit: Int
  private let step: Int

  init(after last: Int, limit: Int, step: Int) {
    taken = Atomic(last)
    self.limit = limit
    self.step = step
  }

  /// The next numbers; nil when all are taken.
  func take() -> Range<Int>? {
    let end = taken.add(step, ordering: .relaxed).newValue
    let start = end - step
    guard start < limit else { return nil }
    return start + 1..<min(end, limit) + 1
  }
}
