// In the place of JournalUpkeep, and what is begun with a process.

import Daemon
import Events
import Journal

extension ServiceProcess {
  /// All that runs beside the API.
  func begin() throws {
    makeReactionsFail()
    try takeUpWhatWaits()
    later(node.machine.random() % 5000) { [self] in
      bind()
      try publish()
    }
    follow()
    if service == .charlie {
      later(node.machine.random() % 5000) { [self] in try charge() }
      every(.seconds(1)) { [self] in try charge() }
    }
    every(.milliseconds(200)) { [self] in try retry() }
    every(.seconds(5)) { [self] in try prune() }
  }

  private func takeUpWhatWaits() throws {
    do {
      _ = try commit(.retry) { try journal.retryWaiting() }
    } catch is HistoryLost {}
  }

  private func retry() throws {
    // Looking costs time; the checker knows when there is nothing to see.
    guard node.model.followed.values.contains(where: { !$0.aside.isEmpty }) else { return }
    let now = node.machine.surroundings.now()
    guard try journal.read({ try $0.hasDueRetry(at: now) }) else { return }
    do {
      _ = try commit(.retry) { try journal.write { try $0.retryDue() } }
    } catch is HistoryLost {}
  }

  private func prune() throws {
    let retention = Retention(
      age: .microseconds(Int64(world.plan.keepFor)), forever: assembly.keepsForever,
      watchers: ["overlord": world.patience])
    let pruned = try commit(.compaction) {
      try journal.write { try $0.prune(retention, limit: 20) }
    }
    if let pruned, pruned > 0 {
      world.coverage.hit("event: pruned")
      world.trace.note(service.rawValue, about: [service.rawValue], "prunes \(pruned)")
      later(1000) { [self] in try prune() }
    }
  }
}
