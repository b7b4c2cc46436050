import Synchronization

/// Opens once and stays open, and resumes its waiters.
final class Latch: Sendable {
  private struct State {
    var isOpen = false
    var lastID = 0
    var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
  }

  private let state = Mutex(State())

  var isOpen: Bool { state.withLock(\.isOpen) }

  func open() {
    let waiting = state.withLock { state in
      state.isOpen = true
      defer { state.waiting = [:] }
      return state.waiting.values
    }
    for continuation in waiting { continuation.resume() }
  }

  /// Returns when the latch is open, or the task is cancelled.
  func wait() async {
    let id = state.withLock { state in
      state.lastID += 1
      return state.lastID
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { park($0, as: id) }
    } onCancel: {
      state.withLock { $0.waiting.removeValue(forKey: id) }?.resume()
    }
  }

  /// Returns when the latch is open, or the time has passed, or the task is cancelled.
  func wait(atMost duration: Duration) async {
    await withTaskGroup(of: Void.self) { tasks in
      tasks.addTask { await self.wait() }
      tasks.addTask { try? await Task.sleep(for: duration) }
      await tasks.next()
      tasks.cancelAll()
    }
  }

  private func park(_ continuation: CheckedContinuation<Void, Never>, as id: Int) {
    let goesOn = state.withLock { state in
      // Under the lock: a cancellation that comes later finds the continuation, and one that came
      // earlier is seen here.
      guard !state.isOpen, !Task.isCancelled else { return true }
      state.waiting[id] = continuation
      return false
    }
    if goesOn { continuation.resume() }
  }
}
