import Events
import Logging
import Runtime
import ServiceLifecycle
import Synchronization
import UnixSignals

/// Waits at the start for a failure to pass, for example another process's lock or a full disk:
/// without a limit, with one log line.
struct StartWait {
  let runtime: RuntimeContext
  let supervisor: Supervisor
  let logger: Logger
  /// Services that run while the start waits, and show why.
  var standIn: @Sendable (_ reason: @escaping @Sendable () -> String) -> [any Service] = { _ in [] }

  /// Runs a step of the start, and repeats it after a failure that passes.
  ///
  /// - Parameters:
  ///   - doing: the step, for people: `opening the journal`.
  ///   - step: the step.
  /// - Throws: the step's error, where it does not pass; `CancellationError` when SIGTERM or SIGINT
  ///   ends the wait.
  func callAsFunction<Value: ~Copyable & Sendable>(
    _ doing: String, _ step: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    let step: @Sendable () throws -> Value = { [supervisor] in
      try supervisor.askingForTime(doing, during: step)
    }
    do {
      return try step()
    } catch  where FailureKind(error) == .passes {
      return try await wait(for: error, repeating: step)
    }
  }

  private func wait<Value: ~Copyable & Sendable>(
    for error: any Error, repeating step: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    let began = runtime.uptime()
    logger.warning(
      "the start waits: \(error)", error: error, metadata: ["event.action": "start-waits"])
    let attempts = Attempts(
      step, after: error, runtime: runtime, supervisor: supervisor)
    try await group(of: attempts, standIn { attempts.reason }).run()
    let value = try attempts.takeValue()
    let time = runtime.uptime() - began
    logger.notice(
      "the start continues, after it has waited for \(time.components.seconds) s",
      metadata: ["event.action": "start-continues"])
    return value
  }

  /// The failure of a service of the stand-in is not reported: the service itself reports it when
  /// it has started.
  private func group(of attempts: any Service, _ others: [any Service]) -> ServiceGroup {
    var quiet = logger
    quiet.logLevel = max(logger.logLevel, .error)
    let services: [ServiceGroupConfiguration.ServiceConfiguration] =
      others.map { .init(service: $0, failureTerminationBehavior: .ignore) } + [
        .init(
          service: attempts, successTerminationBehavior: .gracefullyShutdownGroup,
          failureTerminationBehavior: .gracefullyShutdownGroup)
      ]
    var settings = ServiceGroupConfiguration(
      services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet)
    settings.maximumGracefulShutdownDuration = .seconds(1)
    settings.maximumCancellationDuration = .seconds(1)
    return ServiceGroup(configuration: settings)
  }
}

/// Takes one step of the start again and again, until it does not fail for a reason that passes.
private final class Attempts<Value: ~Copyable & Sendable>: Service {
  private let step: @Sendable () throws -> Value
  private let runtime: RuntimeContext
  private let supervisor: Supervisor
  private let value = Mutex<Value?>(nil)
  private let sentence: Mutex<String>

  init(
    _ step: @escaping @Sendable () throws -> Value, after error: any Error,
    runtime: RuntimeContext, supervisor: Supervisor
  ) {
    self.step = step
    self.runtime = runtime
    self.supervisor = supervisor
    sentence = Mutex("\(error)")
  }

  /// The reason of the last failure.
  var reason: String { sentence.withLock { $0 } }

  func run() async throws {
    notify(reason)
    let driver = RetryDriver(untilShutdown: Self.retrying, runtime: runtime)
    try await driver.runUntilShutdown(
      { try value.withLock { $0 = try step() } },
      reason: { FailureKind($0) == .passes ? "\($0)" : nil },
      report: { decision in
        sentence.withLock { $0 = decision.reason }
        notify(decision.reason)
      })
  }

  private func notify(_ reason: String) {
    supervisor.askForTime(status: "the start waits: \(reason)")
  }

  private static var retrying: Retrying {
    Retrying(Backoff(first: .milliseconds(50), longest: .milliseconds(1_334)))
  }

  /// - Throws: `CancellationError` when the wait has ended without a value.
  func takeValue() throws -> Value {
    guard let value = value.withLock({ $0.take() }) else { throw CancellationError() }
    return value
  }
}
