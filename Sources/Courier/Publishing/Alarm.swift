import Dispatch
import Synchronization

/// Rings once at a time that was set, for a loop that needs no timer while nothing is due.
final class Alarm: Sendable {
  /// Rings; several rings before the loop takes one are one.
  let rings: AsyncStream<Void>
  private let ring: AsyncStream<Void>.Continuation
  private let isSet = Mutex(false)

  init() {
    (rings, ring) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// Sets the alarm, unless it is set already.
  ///
  /// - Parameters:
  ///   - time: when to ring; nil to leave it as it is.
  ///   - now: the time, by the same clock.
  func set(at time: Duration?, from now: Duration) {
    guard let time, isSet.withLock({ wasSet(&$0) }) == false else { return }
    let delay = max(time - now, .milliseconds(1)) / .milliseconds(1)
    DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(Int(delay))) {
      self.isSet.withLock { $0 = false }
      self.ring.yield()
    }
  }

  private func wasSet(_ isSet: inout Bool) -> Bool {
    defer { isSet = true }
    return isSet
  }
}
