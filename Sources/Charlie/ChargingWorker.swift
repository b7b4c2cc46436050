// Runs the calls to the gateway beside each other, and stores their answers.

import Courier
import Daemon
import Logging
import Tracing

/// Runs a ``ChargingProcess`` on the journal and the gateway.
struct ChargingWorker: Service {
  let journal: ServiceJournal
  let gateway: any PaymentGateway
  let concurrency: Int
  let runtime: RuntimeContext
  let logger: Logger
  var attempts = ChargeAttempts()
  var tracer: any Tracer = NoOpTracer()

  /// Works until the graceful shutdown, on the thread of the commits.
  ///
  /// Charges come with commits and end in commits: each change of threads between costs as much as a call.
  ///
  /// A call that is under way is given up then: it is made again at the next start, and charges no
  /// second time.
  func run() async throws {
    do {
      try await cancelWhenGracefulShutdown {
        try await withTaskExecutorPreference(journal.writer) { try await self.work() }
      }
    } catch is CancellationError {
      logger.debug("the charging worker has stopped")
    }
  }

  private func work() async throws {
    // Holds at most `concurrency` calls: no more are made at once.
    let ended = Mailbox<ChargingProcess.EndedCall>()
    let sources = [
      InputSource(commitsTo: journal) { ChargingProcess.Input.committed },
      InputSource(foreignCommitsTo: journal) { .committed },
      InputSource(ended) { .ended($0) },
    ]
    var driver = Driver(
      ChargingProcess(concurrency: concurrency, clock: runtime.now), journal: journal,
      runtime: runtime)
    try await withThrowingDiscardingTaskGroup { group in
      try await driver.run(on: sources) { action in
        switch action {
        case .call(let call):
          group.addTask {
            await Correlation.$current.withValue(call.work) {
              await self.make(call).map { ended.append(self.attempts.counted($0)) }
            }
          }
        case .log(let level, let line, let call):
          Correlation.$current.withValue(call.work) {
            logger.log(level: level, "\(line)", metadata: call.logFields)
          }
        }
        return nil
      }
    }
  }

  /// - Returns: the result; nil where the call was given up.
  private func make(_ call: GatewayCall) async -> ChargingProcess.EndedCall? {
    let span = tracer.startSpan(
      "charge", context: .step(of: call.work, in: CharlieRoom.name), ofKind: .client)
    defer { span.end() }
    do {
      let answer = try await gateway.charge(call.request)
      span.record(answer, order: call.order)
      return .init(call, result: .success(answer))
    } catch  where Task.isCancelled {
      logger.debug(
        "the call for order \(call.order) was given up, to be made again at the next start",
        metadata: call.logFields)
      return nil
    } catch {
      span.record(error, order: call.order)
      return .init(call, result: .failure(error))
    }
  }
}

extension GatewayCall {
  fileprivate var logFields: Logger.Metadata {
    ["event.action": "charge", "labels.order_id": "\(order)", "labels.attempt": "\(attempt)"]
  }
}

extension Span {
  /// Adds the answer of the gateway.
  fileprivate func record(_ answer: GatewayAnswer, order: Identifier) {
    guard isRecording else { return }
    updateAttributes { attributes in
      attributes["eventually.subject"] = order.description
      attributes["event.outcome"] = "success"
      switch answer {
      case .charged: attributes["eventually.charge"] = "charged"
      case .declined(let code, _):
        attributes["eventually.charge"] = "declined"
        attributes["eventually.charge.code"] = code
      }
    }
  }

  /// Adds the failure of the call.
  fileprivate func record(_ error: any Error, order: Identifier) {
    guard isRecording else { return }
    updateAttributes { attributes in
      attributes["eventually.subject"] = order.description
      attributes["event.outcome"] = "failure"
      attributes["error.type"] = "\(type(of: error))"
    }
    recordError(error)
    setStatus(SpanStatus(code: .error, message: "\(error)"))
  }
}
