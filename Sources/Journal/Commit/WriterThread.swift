import Dispatch
import Synchronization

/// The thread of a journal's commits, and of the tasks that commit what they do.
///
/// A task that runs here writes without a change of threads. The pieces of work of all tasks that are
/// ready share the next commit: the commit comes after them in the queue. What runs here must not compute
/// for long, since no commit is made meanwhile.
package final class WriterThread: TaskExecutor {
  typealias Work = @Sendable () -> Void

  let queue = JobQueue()

  init() {}

  deinit {
    queue.end()
  }

  /// Runs work on the thread, after what waits.
  func async(_ work: @escaping Work) {
    queue.append(.work(work))
  }

  /// Runs work on the thread after a time.
  func async(after pause: Duration, _ work: @escaping Work) {
    DispatchQueue.global().asyncAfter(deadline: .now() + pause / .seconds(1)) { [queue] in
      queue.append(.work(work))
    }
  }

  /// Returns when the thread has come to this call, after what waits.
  package func answer() async {
    await withCheckedContinuation { asker in async { asker.resume() } }
  }

  /// Runs work on the caller's thread, and not beside other work.
  ///
  /// Work that calls it ends the process, instead of waiting for itself.
  func sync<Value>(_ work: () throws -> Value) rethrows -> Value {
    try queue.turn.withLock { _ in try work() }
  }

  /// Runs a part of a task on the thread, after what waits.
  package func enqueue(_ job: consuming ExecutorJob) {
    queue.append(.job(UnownedJob(job), asUnownedTaskExecutor()))
  }
}

/// The jobs that wait for the thread.
///
/// The thread holds the queue, and not the ``WriterThread``, whose end is its own.
final class JobQueue: Sendable {
  enum Item {
    case work(WriterThread.Work)
    case job(UnownedJob, UnownedTaskExecutor)
  }

  private struct State {
    var items: [Item] = []
    var hasThread = false
    var isEnded = false
  }

  /// Held by the work that runs.
  let turn = Mutex(())
  private let state = Mutex(State())
  private let arrived = DispatchSemaphore(value: 0)

  func append(_ item: Item) {
    let (isFirst, startsThread) = state.withLock { state in
      state.items.append(item)
      defer { state.hasThread = true }
      return (state.items.count == 1, !state.hasThread)
    }
    if startsThread {
      // The one block of this queue runs until the end: the queue is a thread.
      DispatchQueue(label: "eventually.journal.writer").async { self.run() }
    }
    if isFirst { arrived.signal() }
  }

  func end() {
    state.withLock { $0.isEnded = true }
    arrived.signal()
  }

  private func run() {
    while true {
      arrived.wait()
      let (items, isEnded) = state.withLock { state in
        defer { state.items = [] }
        return (state.items, state.isEnded)
      }
      for item in items {
        switch item {
        case .work(let work): turn.withLock { _ in work() }
        case .job(let job, let executor): job.runSynchronously(on: executor)
        }
      }
      if isEnded { return }
    }
  }
}
