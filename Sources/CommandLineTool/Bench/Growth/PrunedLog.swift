import Daemon
import Events
import Journal

/// A service whose consumer acknowledges, and whose log is pruned as a daemon does it.
struct PrunedLog: Sendable {
  private static let consumer = HopService.consumer.rawValue
  /// The events of each transaction.
  private static let pageSize = 500
  /// The number of events by which the consumer is behind.
  private static let lag: UInt64 = 1000

  private let folder: BenchFolder
  private let journal: ServiceJournal

  init(in folder: BenchFolder) throws {
    self.folder = folder
    journal = try ServiceJournal(
      HopService.producer.journal(in: folder.path), of: HopService.producer.rawValue,
      expecting: [Self.consumer], runtime: .system)
  }

  /// The log and its files after a number of events; a line of `bench growth --pruned --json`.
  struct Step: Codable, Hashable, Sendable {
    let events: Int
    let kept: UInt64
    let bytes: Int
    let eventsPerSecond: Double

    var line: String {
      """
      \(events.grouped) events: \(kept.grouped) kept, \((bytes >> 10).grouped) KiB of files, \
      \(eventsPerSecond.rounded3) events/s
      """
    }
  }

  /// Publishes and prunes, and prints a line at each tenth.
  func run(events: Int, json: Bool) async throws {
    defer { try? journal.close() }
    let tenth = max(Self.pageSize, events / 10)
    var startedAt = monotonicNanoseconds()
    for written in stride(from: Self.pageSize, through: events, by: Self.pageSize) {
      try await writePage(after: written - Self.pageSize)
      while try await journal.write({ try $0.prune(Retention(age: .zero)) }) > 0 {}
      guard written % tenth < Self.pageSize else { continue }
      let seconds = Double(monotonicNanoseconds() - startedAt) / 1e9
      let step = try await step(after: written, eventsPerSecond: Double(tenth) / seconds)
      Output.data.line(json ? step.jsonLine : step.line)
      startedAt = monotonicNanoseconds()
    }
  }

  private func writePage(after last: Int) async throws {
    try await journal.write { transaction in
      let work = Correlation.beginning(in: .system)
      for number in last + 1...last + Self.pageSize {
        try transaction.emit(
          HopEvent(number: number, publishedAt: monotonicNanoseconds()), correlation: work)
      }
      let head = try transaction.head()
      try transaction.acknowledge(
        Self.consumer, epoch: head.epoch, sequence: head.sequence - min(head.sequence, Self.lag))
    }
  }

  private func step(after events: Int, eventsPerSecond: Double) async throws -> Step {
    let head = try await journal.read { try $0.head() }
    return Step(
      events: events, kept: head.sequence + 1 - head.floor, bytes: try folder.bytes,
      eventsPerSecond: eventsPerSecond.inThousandths)
  }
}
