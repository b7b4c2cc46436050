import Events
import FoundationEssentials
import Logging
import Runtime
import ServiceLifecycle

/// Sends the spans of a service to its collector: every five seconds, and when 512 wait.
///
/// Nothing waits for it. A collector that is down, slow or wrong costs the spans, which are counted.
struct SpanExport: Service {
  private static let interval = Duration.seconds(5)
  /// How long the shutdown waits for the last spans.
  static let patience = Duration.seconds(1)
  /// The longest pause between batches that a collector may ask for.
  private static let longestPause = Duration.seconds(600)

  let tracer: ServiceTracer
  let runtime: RuntimeContext
  let logger: Logger

  /// The export of a tracer; none where there is no tracer.
  static func services(
    _ tracer: ServiceTracer?, runtime: RuntimeContext, logger: Logger
  ) -> [any Service] {
    tracer.map { [SpanExport(tracer: $0, runtime: runtime, logger: logger)] } ?? []
  }

  /// Exports until the graceful shutdown, and then what is left, for at most a second.
  func run() async {
    let collector = Collector(tracer.address)
    try? await cancelWhenGracefulShutdown { try await export(to: collector) }
    await flush(to: collector)
  }

  private func export(to collector: Collector) async throws {
    var outage = Outage(address: tracer.address, logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        while true {
          try await RetryDriver.sleep(Self.interval)
          tracer.queue.wake()
        }
      }
      defer { group.cancelAll() }
      for await _ in tracer.queue.wakeUps {
        repeat {
          try await deliver(tracer.queue.next, to: collector, outage: &outage)
        } while tracer.queue.count >= SpanQueue.batch
      }
    }
  }

  private func deliver(
    _ batch: [RecordedWork], to collector: Collector, outage: inout Outage
  ) async throws {
    guard !batch.isEmpty else { return }
    guard let body = try? body(of: batch) else { return take(batch, rejected: batch.count) }
    var delivery = Delivery(at: runtime.uptime())
    while true {
      let result = await attempt { try await collector.send(body) }
      switch delivery.step(after: result, at: runtime.uptime(), random: runtime.random()) {
      case .delivered(let rejected, let reason):
        take(batch, rejected: rejected)
        return outage.note(rejected: min(rejected, batch.count), reason: reason)
      case .retry(let pause, let reason):
        // An attempt that the shutdown ended is no failure of the collector.
        try Task.checkCancellation()
        outage.begin(reason)
        try await RetryDriver.sleep(pause)
      case .giveUp(let reason, let pause):
        try Task.checkCancellation()
        take(batch, rejected: batch.count)
        outage.note(rejected: batch.count, reason: reason)
        guard let pause else { return }
        return try await RetryDriver.sleep(min(pause, Self.longestPause))
      }
    }
  }

  /// Sends what is left, once, while the time for it lasts.
  private func flush(to collector: Collector) async {
    let end = runtime.uptime() + Self.patience
    while true {
      let batch = tracer.queue.next
      let rest = end - runtime.uptime()
      guard !batch.isEmpty, rest > .zero, let body = try? body(of: batch) else { break }
      let result = await attempt { try await collector.send(body, within: rest) }
      var delivery = Delivery(at: runtime.uptime())
      guard
        case .delivered(let rejected, _) = delivery.step(
          after: result, at: runtime.uptime(), random: 0)
      else { break }
      take(batch, rejected: rejected)
    }
    let rest = tracer.queue.count
    guard rest > 0 else { return }
    tracer.countRefused(rest)
    logger.notice(
      "\(rest) spans are lost: the collector at \(tracer.address) did not take them at the shutdown",
      metadata: ["event.action": "traces-lost"])
  }

  private func body(of batch: [RecordedWork]) throws -> Data {
    try TracesRequest(batch.compactMap(tracer.span), from: tracer.resource).json()
  }

  private func take(_ batch: [RecordedWork], rejected: Int) {
    let rejected = min(rejected, batch.count)
    tracer.queue.removeFirst(batch.count)
    tracer.countExported(batch.count - rejected)
    tracer.countRefused(rejected)
  }

  private func attempt<Value>(_ work: () async throws -> Value) async -> Result<Value, any Error> {
    do { return .success(try await work()) } catch { return .failure(error) }
  }
}

/// The time in which a collector does not accept all spans: one line at its beginning, and one at
/// its end.
private struct Outage {
  let address: String
  let logger: Logger
  private var isOpen = false
  private var dropped = 0

  init(address: String, logger: Logger) {
    self.address = address
    self.logger = logger
  }

  mutating func begin(_ reason: String) {
    guard !isOpen else { return }
    isOpen = true
    logger.warning(
      "spans are not exported: the collector at \(address) fails: \(reason)",
      metadata: ["event.action": "traces-not-exported"])
  }

  mutating func note(rejected: Int, reason: String?) {
    dropped += rejected
    guard rejected == 0 else { return begin(reason ?? "it has rejected \(rejected) spans") }
    guard isOpen else { return }
    isOpen = false
    logger.notice(
      "spans are exported again; \(dropped) were dropped by the collector at \(address)",
      metadata: ["event.action": "traces-exported"])
    dropped = 0
  }
}
