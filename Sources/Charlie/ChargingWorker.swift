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
  private let concurrency: Int
  private let surroundings: Surroundings
  private let logger: Logger
  private let asking = Mutex<Set<Identifier>>([])
  /// Something was committed, or a call has ended.
  private let (changes, changed) = AsyncStream.makeStream(
    of: Void.self, bufferingPolicy: .bufferingNewest(1))

  init(
    journal: ServiceJournal, gateway: any PaymentGateway, concurrency: Int,
    surroundings: Surroundings, logger: Logger
  ) {
    self.journal = journal
    self.gateway = gateway
    self.concurrency = concurrency
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
        for charge in try await self.takeDue() {
          group.addTask { try await self.ask(for: charge) }
        }
      }
    }
  }

  /// The charges that are due and not being asked for, as many as may be asked for now.
  private func takeDue() async throws -> [Charge] {
    let busy = asking.withLock { $0 }
    guard busy.count < concurrency else { return [] }
    let (now, limit) = (surroundings.now(), concurrency + busy.count)
    let due = try await journal.read { try $0.chargesDue(at: now, limit: limit) }
    let next = due.filter { !busy.contains($0.orderId) }.prefix(concurrency - busy.count)
    asking.withLock { $0.formUnion(next.map(\.orderId)) }
    return Array(next)
  }

  private func ask(for charge: Charge) async throws {
    let order = charge.orderId
    defer {
      asking.withLock { _ = $0.remove(order) }
      changed.yield()
    }
    do {
      let answer = try await gateway.charge(
        GatewayRequest(
          idempotencyKey: charge.idempotencyKey, product: charge.product, total: charge.total))
      try await journal.write { try $0.settle(order, with: answer) }
    } catch let failure as JournalError {
      throw failure
    } catch  where !Task.isCancelled {
      log(charge, error)
      let random = surroundings.random()
      try await journal.write { try $0.retryLater(order, random: random) }
    } catch {
      logger.debug(
        "the call for order \(order) was given up, to be made again at the next start",
        metadata: charge.logFields)
    }
  }

  private func log(_ charge: Charge, _ error: any Error) {
    logger.warning(
      "the gateway did not charge order \(charge.orderId), it is asked again: \(error)",
      metadata: charge.logFields)
  }
}

extension Charge {
  fileprivate var logFields: Logger.Metadata {
    work.logFields.merging(["labels.order_id": "\(orderId)"]) { $1 }
  }
}
