import Runtime
import Synchronization
import Testing

/// Attempts, reports and pauses, in their order.
@Suite(.timeLimit(.minutes(1)))
struct RetryDriverTests {
  private struct Failure: Error {
    let reason: String
    var passes = true
  }

  private static let backoff = Backoff(first: .milliseconds(100), longest: .seconds(5))
  private let steps = Steps()

  private var runtime: RuntimeContext {
    RuntimeContext(
      now: { Timestamp(microseconds: 0) }, uptime: { .zero }, random: { 0 })
  }

  private func driver(
    _ retrying: Retrying = Retrying(backoff), pausing pause: RetryDriver.Pause? = nil
  ) -> RetryDriver {
    let steps = steps
    return RetryDriver(
      retrying, runtime: runtime, pause: pause ?? { steps.add("pause \($0)") })
  }

  /// Fails as the list says, and then returns the number of attempts.
  private func run(_ driver: RetryDriver, failing failures: [Failure]) async throws -> Int {
    var attempts = 0
    return try await driver.run(
      {
        steps.add("attempt")
        attempts += 1
        guard attempts > failures.count else { throw failures[attempts - 1] }
        return attempts
      },
      reason: { error in (error as? Failure).flatMap { $0.passes ? $0.reason : nil } },
      report: { steps.add("report \($0.reason)\($0.isLogged ? " logged" : "")") })
  }

  @Test func `a failure is reported and waited for, and the value comes out`() async throws {
    let failures = [Failure(reason: "no file"), Failure(reason: "no file")]
    #expect(try await run(driver(), failing: failures) == 3)
    #expect(
      steps.values == [
        "attempt", "report no file logged", "pause 0.1 seconds", "attempt", "report no file",
        "pause 0.2 seconds", "attempt",
      ])
  }

  @Test func `a success at once makes no pause, and nothing is worth a line`() async throws {
    let driver = driver()
    #expect(try await run(driver, failing: []) == 1)
    #expect(!driver.succeeded())
    #expect(steps.values == ["attempt"])
  }

  @Test func `a success after a failure is worth a line, once`() async throws {
    let driver = driver()
    _ = try await run(driver, failing: [Failure(reason: "no file")])
    #expect([driver.succeeded(), driver.succeeded()] == [true, false])
  }

  @Test func `a failure without a reason to try again ends the attempts`() async {
    let failures = [Failure(reason: "no file"), Failure(reason: "no use", passes: false)]
    let error = await #expect(throws: Failure.self) { try await run(driver(), failing: failures) }
    #expect(error?.reason == "no use")
    #expect(steps.values.last == "attempt")
  }

  @Test func `what the pause throws ends the attempts`() async {
    let driver = driver(pausing: { _ in throw CancellationError() })
    await #expect(throws: CancellationError.self) {
      try await run(driver, failing: [Failure(reason: "no file")])
    }
    #expect(steps.values == ["attempt", "report no file logged"])
  }

  @Test func `the pause of a daemon ends when its task is cancelled`() async {
    let task = Task { try await RetryDriver.sleep(.seconds(3600)) }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  @Test func `the time of an attempt is given to the decision`() async throws {
    let now = Mutex(Duration.zero)
    var runtime = runtime
    runtime.uptime = { now.withLock { $0 } }
    let steps = steps
    let driver = RetryDriver(
      Retrying(Self.backoff, restartsAfterLongRun: true), runtime: runtime,
      pause: { steps.add("pause \($0)") })
    var attempts = 0
    try await driver.run(
      {
        attempts += 1
        if attempts == 2 { now.withLock { $0 += .seconds(60) } }
        if attempts <= 2 { throw Failure(reason: "no file") }
      }, reason: { _ in "no file" }, report: { _ in })
    #expect(steps.values == ["pause 0.1 seconds", "pause 0.1 seconds"])
  }
}

/// What a driver did, in order.
private final class Steps: Sendable {
  private let state = Mutex<[String]>([])

  func add(_ step: String) {
    state.withLock { $0.append(step) }
  }

  var values: [String] { state.withLock { $0 } }
}
