import Courier
import Events
import Journal
import Logging
import NIOCore
import NIOPosix
import Runtime
import ServiceLifecycle

/// Gives the supervisor signs of life, and a sentence about the daemon's state, while all of its parts
/// move.
///
/// A daemon that hangs gives none, and is restarted. It runs a ``WatchdogProcess``.
struct Watchdog: Service {
  private let supervisor: Supervisor
  private let journal: ServiceJournal
  private let server: (any StreamServer)?
  private let status: DaemonStatus
  private let runtime: RuntimeContext
  private let logger: Logger

  init(
    _ assembly: Assembly, status: DaemonStatus, supervisor: Supervisor, runtime: RuntimeContext,
    logger: Logger
  ) {
    self.supervisor = supervisor
    journal = assembly.journal
    server = assembly.streamServer
    self.status = status
    self.runtime = runtime
    self.logger = logger
  }

  /// Runs until the shutdown has begun: a supervisor does not watch a daemon that stops.
  func run() async throws {
    guard let patience = supervisor.patience else { return try await gracefulShutdown() }
    try? await cancelWhenGracefulShutdown { try await watch(for: patience) }
  }

  private func watch(for patience: Duration) async throws {
    let answers = Mailbox<WatchdogProcess.Part>()
    let descriptions = Mailbox<Void>()
    var driver = Driver(WatchdogProcess(patience: patience), journal: journal, runtime: runtime)
    let sources: [InputSource<WatchdogProcess.Input>] = [
      InputSource(answers) { .answered($0) }, InputSource(descriptions) { _ in .described },
    ]
    try await driver.run(on: sources) { action in
      switch action {
      case .ask(let part):
        // Not a child: it may never end.
        Task { [self] in
          await answer(of: part)
          answers.append(part)
        }
      case .feed: supervisor.notify("WATCHDOG=1")
      case .describe:
        // Not a child: it may never end.
        Task { [self] in
          supervisor.notify(status: await status.line())
          descriptions.append(())
        }
      case .report(let parts, let time): report(parts, silentFor: time, patience: patience)
      }
      return nil
    }
  }

  private func answer(of part: WatchdogProcess.Part) async {
    switch part {
    case .writer: await journal.writer.answer()
    case .poller: await server?.answer()
    case .http:
      for loop in MultiThreadedEventLoopGroup.singleton.makeIterator() {
        try? await loop.submit {}.get()
      }
    }
  }

  private func report(
    _ parts: [WatchdogProcess.Part], silentFor time: Duration, patience: Duration
  ) {
    let names = parts.map(\.rawValue).joined(separator: " and ")
    logger.error(
      """
      \(names) has not moved for \(time.components.seconds) s; the supervisor restarts the daemon \
      where that lasts \(patience.components.seconds) s
      """, metadata: ["event.action": "not-moving"])
  }
}
