import Courier
import Events
import Journal
import Logging

/// The event of the benchmarks: with its envelope it has about 400 bytes, as a small event of a
/// service has.
struct HopEvent: Event {
  static let schema = PayloadSchema("bench.hopped", version: 1, leastReader: 1)

  /// From 1; each number is published once.
  let number: Int
  /// `CLOCK_MONOTONIC` when the producer began the transaction, in nanoseconds.
  let publishedAt: UInt64

  var subject: String { "\(number)" }
}

/// The two services of a hop, and where each keeps its journal and binds its sockets.
enum HopService: String, Sendable {
  case producer, consumer

  func endpoints(in folder: String) -> StreamEndpoints {
    StreamEndpoints(
      stream: rawValue, events: "ipc://\(folder)/\(rawValue).events",
      log: "ipc://\(folder)/\(rawValue).log")
  }

  func journal(in folder: String) -> ServiceJournal.Place {
    .file("\(folder)/\(rawValue).sqlite")
  }

  /// Writes warnings and errors to the standard error: what happens to each event is not logged.
  var logger: Logger {
    var logger = Logger(label: rawValue) { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = .warning
    return logger
  }
}

extension ServiceCourier {
  /// Runs the courier for as long as `body` runs.
  ///
  /// - Throws: what `body` throws, or the courier's own failure.
  func running(_ body: @escaping @Sendable () async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await self.run() }
      tasks.addTask { try await body() }
      try await tasks.next()
      tasks.cancelAll()
    }
  }
}
