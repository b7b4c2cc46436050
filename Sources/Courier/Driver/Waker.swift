import Dispatch
import Synchronization

/// Wakes a driver: when something has come for it, and at the time that it has set.
final class Waker: Sendable {
  private let state: Mutex<State>

  private struct State {
    let timer: any DispatchSourceTimer
    /// The time at which the timer fires; nil while it is not set.
    var firesAt: DispatchTime?
    /// Whether it has woken the driver since the driver waited last.
    var isAwake = false
    var waiting: UnsafeContinuation<Void, Never>?

    /// - Returns: what to resume.
    mutating func wake() -> UnsafeContinuation<Void, Never>? {
      isAwake = waiting == nil
      return waiting.take()
    }
  }

  init() {
    state = Mutex(State(timer: DispatchSource.makeTimerSource()))
    state.withLock { state in
      state.timer.setEventHandler { [weak self] in self?.fire() }
      state.timer.activate()
    }
  }

  deinit {
    state.withLock { $0.timer.cancel() }
  }

  /// Wakes the driver; several times before it waits are one.
  func wake() {
    state.withLock { $0.wake() }?.resume()
  }

  /// Wakes the driver after a time.
  ///
  /// It may wake it earlier too, at a time that was set before: a timer that is moved back and forth with
  /// every input would cost more than the input.
  func wake(after pause: Duration) {
    let time = DispatchTime.now() + max(pause, .zero) / .seconds(1)
    state.withLock { state in
      if let firesAt = state.firesAt, firesAt <= time { return }
      state.firesAt = time
      state.timer.schedule(deadline: time)
    }
  }

  private func fire() {
    let waiting = state.withLock { state in
      state.firesAt = nil
      return state.wake()
    }
    waiting?.resume()
  }

  /// Waits until it wakes the driver, or the task is cancelled.
  func wait() async {
    await withTaskCancellationHandler {
      await withUnsafeContinuation { waiting in
        let isAwake = state.withLock { state in
          if !state.isAwake, !Task.isCancelled {
            state.waiting = waiting
            return false
          }
          state.isAwake = false
          return true
        }
        if isAwake { waiting.resume() }
      }
    } onCancel: {
      wake()
    }
  }
}
