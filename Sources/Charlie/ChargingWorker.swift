// Asks the gateway for the charges that are due, a few at a time. What it has asked and not stored
// is asked again after a crash, with the same key.

import AsyncAlgorithms
import Daemon
import Events
import Journal
import Logging
import ServiceLifecycle
import Synchronization

/// The worker between the stored intentions and the payment gateway.
final class ChargingWorker: Service {
  private let journal: ServiceJournal
  private let gateway: any PaymentGateway
  private let surroundings: Surroundings
  private let logger: Logger
  private let charging: Mutex<Charging>
  /// Something was committed, or a call has ended.
  private let (changes, changed) = AsyncStream.makeStream(
    of: Void.self, bufferingPolicy: .bufferingNewest(1))

  init(
    journal: ServiceJournal, gateway: any PaymentGateway, concurrency: Int,
    surroundings: Surroundings, logger: Logger
  ) {
    self.journal = journal
    self.gateway = gateway
    charging = Mutex(Charging(concurrency: concurrency))
    self.surroundings = surroundings
    self.logger = logger
  }

  /// Works until the graceful shutdown.
  ///
  /// A call that is under way is given up then: it is made again at the next start, and charges no
  /// second time.
  func run() async throws {
    do {
      try await cancelWhenGracefulShutdown { try await self.work() }
    } catch is CancellationError {
      logger.debug("the charging worker has stopped")
    }
  }

  private func work() async throws {
    journal.observe { _ in self.changed.yield() }
    changed.yield()
    try await withThrowingDiscardingTaskGroup { group in
      let ticks = AsyncTimerSequence(interval: .milliseconds(200), clock: .continuous)
      for await _ in merge(changes, ticks.map { _ in }) {
        for call in try await self.takeDue() {
          group.addTask { try await self.make(call) }
        }
      }
    }
  }

  /// The calls that are due and not under way, as many as may be made now.
  private func takeDue() async throws -> [GatewayCall] {
    guard let limit = charging.withLock({ $0.looksAt }) else { return [] }
    let now = surroundings.now()
    let due = try await journal.read { snapshot in
      // What could not be told of it must not be charged: an operator decides first.
      try snapshot.head().lost == nil ? try snapshot.gatewayCalls(at: now, limit: limit) : []
    }
    return charging.withLock { $0.take(due) }
  }

  private func make(_ call: GatewayCall) async throws {
    defer {
      charging.withLock { $0.end(call) }
      changed.yield()
    }
    var answer: GatewayAnswer?
    do {
      answer = try await gateway.charge(call.request)
    } catch  where Task.isCancelled {
      return logger.debug(
        "the call for order \(call.order) was given up, to be made again at the next start",
        metadata: call.logFields)
    } catch {
      logger.warning(
        "the gateway did not charge order \(call.order), it is asked again: \(error)",
        metadata: call.logFields)
    }
    try await store(answer, of: call)
  }

  private func store(_ answer: GatewayAnswer?, of call: GatewayCall) async throws {
    let random = surroundings.random()
    do {
      try await journal.write { try $0.end(call, with: answer, random: random) }
    } catch let loss as HistoryLost {
      logger.debug("the answer for order \(call.order) is asked for again: \(loss)")
    } catch let failure as JournalError where !failure.isOfTheWork {
      throw failure
    } catch {
      logger.error(
        "the gateway's answer for order \(call.order) cannot be stored, it is asked again: \(error)",
        metadata: call.logFields)
      try await journal.write { try $0.end(call, with: nil, random: random) }
    }
  }
}

extension GatewayCall {
  fileprivate var logFields: Logger.Metadata {
    work.logFields.merging(["labels.order_id": "\(order)"]) { $1 }
  }
}
