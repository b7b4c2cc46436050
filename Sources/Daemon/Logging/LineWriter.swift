import Dispatch
import Glibc
import Synchronization

/// Writes lines on a thread of its own: a slow, stuck or closed reader and a full disk never block the
/// caller.
///
/// A descriptor is often shared with other processes (a terminal, a pipe), so the writer never
/// sets `O_NONBLOCK` on it. Only this thread blocks.
package final class LineWriter: Sendable {
  private struct State {
    var buffer: LineBuffer
    var hasThread = false
    /// Whether the thread waits for a line.
    var isIdle = false
    /// Whether every line was written or dropped.
    var isDrained = true
  }

  /// The longest time for which a line waits for others, in milliseconds.
  private static let pause: Int32 = 2

  private let sink: @Sendable ([UInt8]) -> Bool
  private let state: Mutex<State>
  private let wake = DispatchSemaphore(value: 0)

  /// A writer to a descriptor; its thread starts with the first line, and lives as long as the process.
  ///
  /// - Parameters:
  ///   - file: the descriptor, which stays open.
  ///   - notice: the line, with its end, that reports how many lines were dropped.
  package convenience init(_ file: Int32, notice: @escaping @Sendable (Int) -> [UInt8]) {
    self.init(notice: notice) { writeLines($0, to: file) }
  }

  /// A writer to any place.
  ///
  /// - Parameters:
  ///   - notice: the line, with its end, that reports how many lines were dropped.
  ///   - write: takes whole lines on the writer's thread, and may wait; returns false where they are
  ///     lost.
  package init(
    notice: @escaping @Sendable (Int) -> [UInt8], write: @escaping @Sendable ([UInt8]) -> Bool
  ) {
    sink = write
    state = Mutex(State(buffer: LineBuffer(notice: notice)))
  }

  /// The number of lines that were dropped since the start.
  package var dropped: Int { state.withLock { $0.buffer.dropped } }

  /// Takes a line with its end; never blocks.
  ///
  /// - Parameter isUrgent: whether it is one of the last lines of the process, for which there is
  ///   room in any case.
  package func write(_ line: some Collection<UInt8>, isUrgent: Bool = false) {
    let wakes = state.withLock { state in
      state.buffer.append(line, isUrgent: isUrgent)
      state.isDrained = false
      defer { state.isIdle = false }
      // Without a thread, perhaps for want of memory, the next line tries again.
      if !state.hasThread { state.hasThread = start() }
      return state.isIdle
    }
    if wakes { wake.signal() }
  }

  /// Waits until everything was written or dropped, at most so long: for the end of the process.
  package func flush(atMost limit: Duration) {
    for _ in 0..<max(0, Int(limit / .milliseconds(1))) {
      guard state.withLock({ $0.hasThread && !$0.isDrained }) else { return }
      Self.rest(milliseconds: 1)
    }
  }

  /// Waits by the monotonic clock.
  ///
  /// A semaphore with a time-out waits by the wall clock: where that is set back meanwhile, it waits
  /// for as long as the clock was set back.
  private static func rest(milliseconds: Int32) {
    poll(nil, 0, milliseconds)
  }

  private func start() -> Bool {
    let owned = Unmanaged.passRetained(self)
    var thread = pthread_t()
    guard pthread_create(&thread, nil, Self.main, owned.toOpaque()) == 0 else {
      owned.release()
      return false
    }
    pthread_detach(thread)
    return true
  }

  private static let main: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
    argument in
    guard let argument else { return nil }
    // Signals are for the threads that wait for them.
    var all = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_BLOCK, &all, nil)
    Unmanaged<LineWriter>.fromOpaque(argument).takeRetainedValue().run()
  }

  /// After its last line the thread pauses before it waits: under load, the lines that come meanwhile
  /// share a write, and their callers need not wake it.
  private func run() -> Never {
    var hasPaused = true
    while true {
      if let bytes = next(beforeWaiting: hasPaused) {
        hasPaused = false
        let wasWritten = sink(bytes)
        state.withLock { $0.buffer.finish(wasWritten: wasWritten) }
      } else if hasPaused {
        wake.wait()
      } else {
        Self.rest(milliseconds: Self.pause)
        hasPaused = true
      }
    }
  }

  private func next(beforeWaiting waits: Bool) -> [UInt8]? {
    state.withLock { state in
      if let bytes = state.buffer.take() { return bytes }
      state.isIdle = waits
      state.isDrained = true
      return nil
    }
  }
}
