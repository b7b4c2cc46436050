import Glibc
import Synchronization

/// The daemons of a benchmark that run, and those that were killed and are to return.
final class DaemonLives: Sendable {
  /// The time for which a daemon that was killed stays away.
  struct Absence: Sendable {
    /// Opens at its end.
    let over = Latch()
    /// The longest time; nil without one.
    let longest: Duration?

    fileprivate func wait() async {
      guard let longest else { return await over.wait() }
      await over.wait(atMost: longest)
    }
  }

  private struct Life {
    let process: pid_t
    /// Opens when it is to end, or was killed.
    let end: Latch
    var absence: Absence?
  }

  private struct State {
    var lives: [UpMember: Life] = [:]
    var isOver = false
  }

  private let state = Mutex(State())

  /// The CPU clocks of the daemons.
  var clocks: [UpMember: ProcessClock] {
    state.withLock { $0.lives.compactMapValues { ProcessClock(of: $0.process) } }
  }

  /// Begins the life of a daemon.
  ///
  /// - Returns: what opens at its end.
  func begin(_ member: UpMember, process: pid_t) -> Latch {
    let end = Latch()
    let isOver = state.withLock { state in
      state.lives[member] = Life(process: process, end: end)
      return state.isOver
    }
    if isOver { end.open() }
    return end
  }

  /// Kills a daemon.
  ///
  /// - Returns: whether it ran.
  func kill(_ member: UpMember, until absence: Absence) -> Bool {
    let life = state.withLock { state in
      state.lives[member]?.absence = absence
      return state.lives[member]
    }
    // Its process is not reaped before the latch is open, so that no other one has its number.
    guard let life, Glibc.kill(life.process, SIGKILL) == 0 else { return false }
    life.end.open()
    return true
  }

  /// Waits until a daemon that has ended may start again.
  ///
  /// - Returns: whether it does: it was killed, and the benchmark goes on.
  func returns(_ member: UpMember) async -> Bool {
    guard let absence = state.withLock({ $0.lives.removeValue(forKey: member)?.absence }) else {
      return false
    }
    await absence.wait()
    return !state.withLock(\.isOver) && !Task.isCancelled
  }

  /// Ends all daemons.
  func end() {
    let lives = state.withLock { state in
      state.isOver = true
      return state.lives.values
    }
    for life in lives { life.end.open() }
  }
}
