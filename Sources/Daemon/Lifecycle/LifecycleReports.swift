import Synchronization

/// Notifies the supervisor of the phases of the daemon's life, each with the state in one line.
final class LifecycleReports: Sendable {
  private let supervisor: Supervisor
  private let status: DaemonStatus
  private let phase = Mutex(LifecyclePhase.starting)

  init(_ supervisor: Supervisor, status: DaemonStatus) {
    self.supervisor = supervisor
    self.status = status
  }

  func ready() async {
    let line = await status.line()
    send(phase.withLock { $0.ready() }, status: line)
  }

  /// - Parameter uptime: the monotonic clock.
  func reloadBegins(at uptime: Duration) {
    send(phase.withLock { $0.reloadBegins(at: uptime) }, status: "reloading the configuration")
  }

  func reloadEnds() async {
    let line = await status.line()
    send(phase.withLock { $0.reloadEnds() }, status: line)
  }

  func stopping() {
    send(phase.withLock { $0.stop() }, status: "stopping")
  }

  private func send(_ state: String?, status line: String) {
    guard let state else { return }
    supervisor.notify(state, status: line)
  }
}
