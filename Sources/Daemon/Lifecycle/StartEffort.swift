import Dispatch
import Glibc

/// The work of this process since its start, by which a step of the start is seen to move: a step that
/// waits for something that never comes uses neither a processor nor a disk.
struct StartEffort: Hashable, Sendable {
  /// The time on processors.
  var processor: Duration
  /// The blocks that were read from disks and written to them.
  var blocks: Int

  /// Whether it is more than that of a process that waits.
  func isProgress(since last: StartEffort) -> Bool {
    blocks != last.blocks || processor - last.processor >= .milliseconds(50)
  }
}

extension StartEffort {
  /// That of this process until now.
  static func ofThisProcess() -> StartEffort {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return StartEffort(
      processor: Duration(usage.ru_utime) + Duration(usage.ru_stime),
      blocks: usage.ru_inblock + usage.ru_oublock)
  }
}

extension Duration {
  fileprivate init(_ time: timeval) {
    self = .seconds(time.tv_sec) + .microseconds(Int64(time.tv_usec))
  }
}

extension Supervisor {
  /// Asks for more time to start, with the state in one line.
  ///
  /// The supervisor gives up a daemon that is neither ready nor asks again within 30 s, more than the
  /// longest pause and the longest step between two requests.
  func askForTime(status: String) {
    notify("EXTEND_TIMEOUT_USEC=30000000", status: status)
  }

  /// Takes a step of the start, and asks for time as long as it moves.
  ///
  /// - Parameters:
  ///   - doing: the step, for people: `opening the journal`.
  ///   - pause: the time between two looks.
  ///   - effort: the work of the process until now.
  ///   - step: the step; it may hold its thread.
  func askingForTime<Value: ~Copyable>(
    _ doing: String, every pause: Duration = .seconds(5),
    effort: @escaping @Sendable () -> StartEffort = StartEffort.ofThisProcess,
    during step: () throws -> Value
  ) rethrows -> Value {
    let isOver = DispatchSemaphore(value: 0)
    // A thread of its own: the step may hold the only one of the pool.
    DispatchQueue(label: "eventually.start.time").async {
      var last = effort()
      while isOver.wait(timeout: .now() + pause / .seconds(1)) == .timedOut {
        let now = effort()
        if now.isProgress(since: last) { askForTime(status: doing) }
        last = now
      }
    }
    defer { isOver.signal() }
    return try step()
  }
}
