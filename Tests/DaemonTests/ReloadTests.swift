import Courier
import Events
import Foundation
import Journal
import Logging
import RoomTesting
import Runtime
import ServiceLifecycle
import Synchronization
import Testing

@testable import Daemon

/// Changes of the configuration while a daemon runs.
@Suite("Reload", .timeLimit(.minutes(1)))
struct ReloadTests {
  private func configuration(_ values: [String: String]) throws -> ServiceConfiguration {
    try ServiceConfiguration(of: DeltaRoom.self, values: values)
  }

  @Test("a reloadable key changes, any other waits for a restart, and equal values are no change")
  func changes() throws {
    let changes = ConfigurationChanges(
      from: try configuration(["log.level": "info", "http.port": "1", "http.patience": "10"]),
      to: try configuration(["log.level": "debug", "http.port": "2", "http.names": "a.example"]))
    #expect(
      changes.applied.map(\.description)
        == ["delta.http.names none -> a.example", "delta.log.level info -> debug"])
    #expect(changes.deferred.map(\.description) == ["delta.http.port 1 -> 2"])
    #expect(changes.configuration[LogKeys.level] == .debug)
    #expect(changes.configuration[HTTPKeys.port] == 1, "the old value stays")
    let again = ConfigurationChanges(from: changes.configuration, to: changes.configuration)
    #expect(again.applied.isEmpty && again.deferred.isEmpty)
  }

  @Test("the keys that are reloadable are these, and the help marks them")
  func declarations() {
    let table = ConfigurationTable(of: DeltaRoom.self)
    let names = table.keys.filter(\.isReloadable).map(\.name).sorted()
    #expect(
      names == [
        "disk.reserve", "disk.warning", "http.embedders", "http.names", "http.patience",
        "http.rates.local",
        "http.rates.remote", "log.level", "retention.age", "retention.patience",
        "retention.watchers",
      ])
    let marks = table.help("deltad").components(separatedBy: "reloadable)").count - 1
    #expect(marks == names.count)
  }

  @Test("a configuration with a problem is refused as a whole")
  func refusal() throws {
    let values = Mutex(["log.level": "debug", "http.patience": "soon"])
    let current = CurrentConfiguration(try configuration([:])) {
      () throws(ConfigurationProblems) in
      do {
        return try configuration(values.withLock(\.self))
      } catch {
        throw error as? ConfigurationProblems ?? ConfigurationProblems([])
      }
    }
    #expect(throws: ConfigurationProblems.self) { _ = try current.reload() }
    #expect(current.isRefused)
    #expect(current.logLevel == .info && current[LogKeys.level] == .info)
    values.withLock { $0["http.patience"] = "20" }
    #expect(try current.reload().applied.count == 2)
    #expect(!current.isRefused)
    #expect(current.logLevel == .debug && current[HTTPKeys.patience] == .seconds(20))
  }

  @Test("a logger has the level in force, unless it was given one")
  func level() throws {
    let lines = Lines()
    let level = Mutex("info")
    let current = CurrentConfiguration(try configuration(["log.format": "json"])) {
      () throws(ConfigurationProblems) in
      do {
        return try configuration(["log.format": "json", "log.level": level.withLock(\.self)])
      } catch {
        throw ConfigurationProblems([])
      }
    }
    let logger = Logger.daemon(current, runtime: TestClock().runtime, output: lines.output())
    var quiet = logger
    quiet.logLevel = .warning
    for next in ["debug", "error"] {
      logger.debug("debug before \(next)")
      level.withLock { $0 = next }
      _ = try current.reload()
      for logger in [logger, quiet] { logger.warning("warning at \(next)") }
    }
    let messages = try lines.objects().map { $0["message"]?.string ?? "" }
    #expect(
      messages == [
        "warning at debug", "warning at debug", "debug before error", "warning at error",
      ])
  }

  @Test("the supervisor sees a reload begin and end, but not before the start or after the end")
  func phases() {
    var phase = LifecyclePhase.starting
    #expect(phase.reloadBegins(at: .seconds(1)) == nil)
    #expect(phase.ready() == "READY=1", "a start is not ended by a reload")
    #expect(phase.reloadEnds() == nil)
    #expect(phase.ready() == nil)
    #expect(phase.reloadBegins(at: .milliseconds(1500)) == "RELOADING=1\nMONOTONIC_USEC=1500000")
    #expect(phase.reloadEnds() == "READY=1")
    #expect(phase.reloadBegins(at: .seconds(2)) != nil)
    #expect(phase.stop() == "STOPPING=1")
    #expect(phase.reloadEnds() == nil, "it would take the shutdown back")
    #expect(phase.stop() == nil)
  }

  @Test("limits of rates are those in force at each command")
  func rates() {
    let limit = Mutex(1)
    let rates = CommandRates(
      limits: { .init(local: limit.withLock(\.self)) }, uptime: TestClock().runtime.uptime)
    let client = Peers(client: "127.0.0.1")
    let taken = (0..<20).count { _ in rates.take(for: client) == nil }
    #expect(taken == 5, "a bucket of five seconds")
    limit.withLock { $0 = 0 }
    for _ in 0..<20 { #expect(rates.take(for: client) == nil) }
  }

  @Test("the upkeep prunes by the retention of the last reload")
  func retention() async throws {
    let clock = TestClock()
    let journal = try ServiceJournal(.memory, of: "delta", runtime: clock.runtime)
    try await journal.write { transaction in
      try transaction.emit(ThingMade(thingId: transaction.identifier()))
    }
    clock.advance(microseconds: 10_000_000)
    var process = UpkeepProcess(
      Retention(age: .seconds(60)), wallClock: clock.runtime.now)
    var now = Duration.zero
    func pruned() throws -> Int {
      now += UpkeepProcess.Settings().pruning
      for case .write(let writes) in process.handle(.woke, at: now, random: { 0 }) {
        for write in writes {
          if case .pruned(let count) = try journal.write(write.work) { return count }
        }
      }
      return -1
    }
    #expect(try pruned() == 0)
    let changes = [Retention(age: .seconds(120)), Retention(age: .seconds(5))]
    _ = process.handle(.changed(changes), at: .zero, random: { 0 })
    #expect(try pruned() == 1)
  }
}
