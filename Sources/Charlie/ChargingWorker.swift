// Runs the calls to the gateway beside each other, and stores their answers.

import AsyncAlgorithms
import Courier
import Daemon
import Logging

/// Runs a ``ChargingProcess`` on the journal and the gateway.
struct ChargingWorker: Service {
  let journal: ServiceJournal
  let gateway: any PaymentGateway
  let concurrency: Int
  let runtime: RuntimeContext
  let logger: Logger

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
    let commits = journal.commits(buffering: .bufferingNewest(1))
      .map { _ in ChargingProcess.Input.committed }
    let ended = Mailbox<ChargingProcess.EndedCall>()
    var driver = Driver(
      ChargingProcess(concurrency: concurrency, clock: runtime.now), journal: journal,
      runtime: runtime)
    try await withThrowingDiscardingTaskGroup { group in
      try await driver.run(on: merge(commits, ended.map { .ended($0) })) { action in
        switch action {
        case .call(let call):
          group.addTask { await self.make(call).map(ended.append) }
        case .log(let level, let line, let call):
          logger.log(level: level, "\(line)", metadata: call.logFields)
        }
        return nil
      }
    }
  }

  /// - Returns: the result; nil where the call was given up.
  private func make(_ call: GatewayCall) async -> ChargingProcess.EndedCall? {
    do {
      return .init(call, answer: try await gateway.charge(call.request))
    } catch  where Task.isCancelled {
      logger.debug(
        "the call for order \(call.order) was given up, to be made again at the next start",
        metadata: call.logFields)
      return nil
    } catch {
      return .init(call, answer: nil, failure: "\(error)")
    }
  }
}

extension GatewayCall {
  fileprivate var logFields: Logger.Metadata {
    work.logFields.merging(["labels.order_id": "\(order)"]) { $1 }
  }
}
