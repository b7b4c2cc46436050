import AsyncAlgorithms
import Events
import Journal
import Logging
import ServiceLifecycle

/// Does what a journal needs with time: tries again what failed, and removes from the log what
/// nobody needs any more.
struct JournalUpkeep: Service {
  /// How often the log is looked through; a full piece is followed by the next one at once.
  private static let pruning = Duration.seconds(10)

  let journal: ServiceJournal
  let retention: Retention
  let surroundings: Surroundings
  let logger: Logger

  func run() async throws {
    do {
      try await cancelWhenGracefulShutdown { try await self.work() }
    } catch is CancellationError {
      logger.debug("the upkeep of the journal has stopped")
    }
  }

  private func work() async throws {
    try await withThrowingDiscardingTaskGroup { group in
      group.addTask {
        for await _ in AsyncTimerSequence(interval: .milliseconds(200), clock: .continuous) {
          await self.attempt { try await self.retry() }
        }
      }
      group.addTask {
        var clock = PruningClock(retention)
        for await _ in AsyncTimerSequence(interval: Self.pruning, clock: .continuous) {
          await self.attempt { try await self.prune(by: &clock) }
        }
      }
      group.addTask {
        var health = JournalHealth(surroundings: surroundings, logger: logger)
        for await _ in AsyncTimerSequence(interval: Self.pruning, clock: .continuous) {
          await self.attempt {
            health.look(
              await journal.shrinkLogFile(), try await journal.read { try $0.head() })
          }
        }
      }
    }
  }

  /// What fails now is tried again by and by.
  ///
  /// A journal that has lost history waits for its operator. A commit that failed ends the daemon,
  /// to which the watch over the journal sees.
  private func attempt(_ work: () async throws -> Void) async {
    do {
      try await work()
    } catch is CancellationError {
    } catch let loss as HistoryLost {
      logger.debug("\(loss)")
    } catch {
      logger.error("the upkeep of the journal has failed, and is tried again: \(error)")
    }
  }

  private func retry() async throws {
    let now = surroundings.now()
    guard try await journal.read({ try $0.hasDueRetry(at: now) }) else { return }
    try await journal.write { try $0.retryDue() }
  }

  private func prune(by clock: inout PruningClock) async throws {
    let retention = retention
    let head = try await journal.read { try $0.head() }
    let time = clock.time(
      clock: surroundings.now(), lastCommit: head.committedAt, uptime: surroundings.uptime())
    var removed = 0
    while true {
      let count = try await journal.write { try $0.prune(retention, asOf: time) }
      guard count > 0 else { break }
      removed += count
    }
    if removed > 0 { logger.info("\(removed) events are needed no more, and left the log") }
  }
}

extension Retention {
  /// What a service's configuration says.
  init(_ configuration: ServiceConfiguration, forever: Set<String>) {
    let patience = Duration.seconds(configuration.int("retention.patience"))
    self.init(
      age: .seconds(configuration.int("retention.age")), forever: forever,
      watchers: Dictionary(
        configuration.list("retention.watchers").map { ($0, patience) }, uniquingKeysWith: { $1 }))
  }
}
