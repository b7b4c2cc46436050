import Daemon
import Events
import FoundationEssentials
import Journal
import Runtime

/// Measures a journal in a folder of its own, which goes with it.
final class JournalBench: Sendable {
  private let folder: String
  private let journal: ServiceJournal
  private let clock = ContinuousClock()
  private static let consumer = "consumer"

  init(in parent: String) throws {
    let id = RuntimeContext.system.identifier()
    folder = "\(parent)/eventually-bench-\(id)"
    try makeFolder(
      URL(fileURLWithPath: folder).path, mode: 0o700, remedy: "Name another with --folder.")
    journal = try ServiceJournal(
      .file(folder + "/journal.sqlite"), of: "bench", expecting: [Self.consumer],
      runtime: .system)
  }

  deinit {
    try? journal.close()
    try? FileManager.default.removeItem(atPath: folder)
  }

  // MARK: Group commit

  /// How fast events are committed by so many writers at once, each waiting for its own.
  struct Commits: CustomStringConvertible {
    let writers: Int
    let eventsPerSecond: Double

    var description: String {
      "\(writers) \(writers == 1 ? "writer" : "writers"): \(Int(eventsPerSecond)) events/s"
    }
  }

  func commits(writers: Int, each count: Int = 500) async throws -> Commits {
    let start = clock.now
    try await withThrowingDiscardingTaskGroup { group in
      for _ in 0..<writers {
        group.addTask {
          for _ in 0..<count { try await self.journal.write { try $0.say(1) } }
        }
      }
    }
    return Commits(
      writers: writers, eventsPerSecond: Double(writers * count) / (clock.now - start).seconds)
  }

  // MARK: Size

  /// How large the files are after so many events.
  struct Growth: CustomStringConvertible {
    let events: Int
    let kept: UInt64
    let bytes: Int
    let eventsPerSecond: Double

    var description: String {
      "\(events) events: \(kept) kept, \(bytes / 1024) KiB, \(Int(eventsPerSecond)) events/s"
    }
  }

  /// Writes events that a consumer acknowledges, prunes the log as they go, and tells the size of
  /// the files at each tenth.
  func growth(events: Int, _ tell: (Growth) -> Void) async throws {
    let piece = 500
    let tenth = max(1, events / 10)
    let retention = Retention(age: .zero)
    var start = clock.now
    for written in stride(from: piece, through: events, by: piece) {
      try await journal.write { transaction in
        try transaction.say(piece)
        let head = try transaction.head()
        // The consumer is a little behind, as consumers are.
        try transaction.acknowledge(
          Self.consumer, epoch: head.epoch, sequence: head.sequence - min(head.sequence, 1000))
      }
      while try await journal.write({ try $0.prune(retention) }) > 0 {}
      guard written % tenth < piece else { continue }
      let speed = Double(tenth) / (clock.now - start).seconds
      tell(try await size(after: written, speed))
      start = clock.now
    }
  }

  private func size(after events: Int, _ speed: Double) async throws -> Growth {
    let head = try await journal.read { try $0.head() }
    let bytes = try FileManager.default.contentsOfDirectory(atPath: folder).reduce(0) {
      let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder)/\($1)")
      return $0 + (attributes[.size] as? Int ?? 0)
    }
    return Growth(
      events: events, kept: head.sequence + 1 - head.floor, bytes: bytes, eventsPerSecond: speed)
  }
}

extension Transaction {
  fileprivate func say(_ count: Int) throws {
    let work = Correlation(id: "bench", trace: TraceParent.random(in: .system))
    for _ in 0..<count {
      try emit(Measured(text: "something that was measured"), correlation: work)
    }
  }
}

/// An event of a usual size.
private struct Measured: Event {
  static let schema = PayloadSchema("bench.measured", version: 1, leastReader: 1)

  var text: String

  var subject: String { "bench" }
}

extension Duration {
  fileprivate var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) / 1e18
  }
}
