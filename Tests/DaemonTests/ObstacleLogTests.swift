import Events
import Logging
import RoomTesting
import ServiceLifecycle
import Testing

@testable import Daemon
@testable import Journal

/// The lines about what keeps a journal from working.
@Suite(.timeLimit(.minutes(1)))
struct ObstacleLogTests {
  private let lines = Lines()
  private let journal: ServiceJournal
  private let log: ObstacleLog

  init() throws {
    let configuration = try ServiceConfiguration(of: DeltaRoom.self, values: ["log.format": "json"])
    let runtime = TestClock().runtime
    journal = try ServiceJournal(.memory, of: "delta", runtime: runtime)
    log = ObstacleLog(
      journal,
      logger: .daemon(
        CurrentConfiguration(configuration), runtime: runtime, output: lines.output()))
  }

  private func meetAndPass() {
    journal.met(JournalError(.full, summary: "the disk is full"), in: .writing)
    journal.passed(.writing)
  }

  private func checkLines() throws {
    let found = try lines.objects()
    #expect(found.map { $0["event.action"]?.string } == ["journal-waits", "journal-continues"])
    #expect(found.map { $0["error.code"]?.string } == ["disk-full", "disk-full"])
    #expect(found.first?["message"]?.string?.contains("writing waits: the disk is full") == true)
  }

  @Test func `what was met before the service runs and is cancelled is logged`() async throws {
    meetAndPass()
    let run = Task { await log.run() }
    run.cancel()
    await run.value
    try checkLines()
  }

  @Test func `a shutdown ends it, and no line is lost`() async throws {
    let services = ServiceGroup(
      services: [log], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let run = Task { try await services.run() }
    meetAndPass()
    await services.triggerGracefulShutdown()
    try await run.value
    try checkLines()
  }
}
