import Events
import Logging
import Runtime
import ServiceLifecycle

/// Reads the configuration again at each request, and puts in force what is reloadable.
///
/// A configuration with a problem is refused as a whole, and the daemon continues with the one that it
/// has.
struct Reload: Service {
  /// One request after another: a request that comes during a reload is handled after it.
  let requests: AsyncStream<Void>
  let configuration: CurrentConfiguration
  let reports: LifecycleReports
  let runtime: RuntimeContext
  let logger: Logger
  /// Takes the configuration of each reload that was not refused.
  let onChange: @Sendable (ServiceConfiguration) -> Void

  func run() async throws {
    await cancelWhenGracefulShutdown {
      for await _ in requests { await reload() }
    }
    try await gracefulShutdown()
  }

  private func reload() async {
    let work = Correlation.beginning(in: runtime)
    await Correlation.$current.withValue(work) {
      reports.reloadBegins(at: runtime.uptime())
      apply(logger.belonging(to: work))
      await reports.reloadEnds()
    }
  }

  private func apply(_ logger: Logger) {
    var logger = logger
    let before = logger.logLevel
    do {
      let changes = try configuration.reload()
      onChange(changes.configuration)
      // The line is written where either level has it.
      logger.logLevel = min(before, logger.logLevel)
      let applied = changes.applied.map(\.description).joined(separator: ", ")
      logger.notice(
        "reloaded: \(applied.isEmpty ? "nothing differs" : applied)",
        metadata: ["event.action": "reloaded"])
      warn(of: changes.deferred, logger)
    } catch {
      let sentences = error.problems.map(\.description).joined(separator: " ")
      logger.error(
        """
        the configuration was not reloaded, and the one in force stays: \(sentences)
        """, metadata: ["event.action": "not-reloaded"])
    }
  }

  private func warn(of deferred: [ConfigurationChanges.Change], _ logger: Logger) {
    guard !deferred.isEmpty else { return }
    logger.warning(
      """
      \(deferred.map(\.description).joined(separator: ", ")): not reloadable, so the old value stays \
      in force. Restart the daemon to apply it.
      """, metadata: ["event.action": "restart-needed"])
  }
}
