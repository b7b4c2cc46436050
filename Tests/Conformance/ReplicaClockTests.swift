import Daemon
import Logging
import PostgreSQLServer
import RoomTesting
import Runtime
import ServiceLifecycle
import Synchronization
import Testing

@testable import Courier
@testable import Journal

/// The comparison of a replica's clock with that of the database, at its start.
@Suite(
  .enabled(if: PostgreSQLServer.missing == nil, Comment(rawValue: PostgreSQLServer.missing ?? "")),
  .timeLimit(.minutes(1)))
struct ReplicaClockTests {
  /// Keeps the warnings.
  private struct Warnings: LogHandler {
    let texts = Texts()
    var logLevel = Logger.Level.trace
    var metadata: Logger.Metadata = [:]

    final class Texts: Sendable {
      let all = Mutex<[String]>([])
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      if event.level == .warning { texts.all.withLock { $0.append("\(event.message)") } }
    }
  }

  @Test(arguments: [(7200.5, "7200 s ahead of"), (-7200.5, "7200 s behind"), (0, nil)])
  func `a clock that is not the database's is named with the difference`(
    _ difference: Double, _ words: String?
  ) async throws {
    let address = try PostgreSQLServer.shared.get().makeDatabase()
    var runtime = RuntimeContext.system
    runtime.now = {
      let now = RuntimeContext.system.now()
      return difference < 0 ? now - .seconds(-difference) : now + .seconds(difference)
    }
    let journal = try ServiceJournal(
      .postgreSQL(PostgreSQLPlace(PostgreSQLAddress(address), replica: "a")), of: "test",
      runtime: runtime)
    let warnings = Warnings()
    let roles = Roles(
      of: "a", in: journal, following: [], runtime: runtime,
      logger: Logger(label: "test") { _ in warnings })
    let running = Task { try await roles.run() }
    // They are taken after the comparison.
    try await roles.whileHeld(.work) {}
    running.cancel()
    try await running.value
    let texts = warnings.texts.all.withLock(\.self)
    #expect(texts.count == (words == nil ? 0 : 1))
    if let words {
      #expect(texts.first?.contains("the clock of this machine is \(words)") == true, "\(texts)")
    }
    try journal.close()
  }
}
