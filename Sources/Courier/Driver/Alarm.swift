import Dispatch
import Synchronization

/// Rings at the time that was set last, for a driver that needs no timer while nothing is due.
final class Alarm: Sendable {
  /// Rings; several rings before the driver takes one are one.
  let rings: AsyncStream<Void>
  private let state: Mutex<State>

  private struct State {
    let timer: any DispatchSourceTimer
    /// The time at which it rings; nil while it is not set.
    var time: Duration?
  }

  init() {
    let (rings, ring) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    self.rings = rings
    state = Mutex(State(timer: DispatchSource.makeTimerSource()))
    state.withLock { state in
      state.timer.setEventHandler { [weak self] in
        self?.state.withLock { $0.time = nil }
        ring.yield()
      }
      state.timer.activate()
    }
  }

  deinit {
    state.withLock { $0.timer.cancel() }
  }

  /// Sets the time in place of the one before.
  ///
  /// - Parameters:
  ///   - time: when to ring.
  ///   - now: the time, by the same clock.
  func set(at time: Duration, from now: Duration) {
    state.withLock { state in
      guard state.time != time else { return }
      state.time = time
      state.timer.schedule(deadline: .now() + max(time - now, .zero) / .seconds(1))
    }
  }
}
