package import NIOCore

/// Runs tasks on an event loop, so that a connection's task needs no other thread.
package final class EventLoopExecutor: TaskExecutor {
  private let loop: any EventLoop

  package init(_ loop: any EventLoop) {
    self.loop = loop
  }

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}

/// Runs work that computes for long beside the event loops, which answer other connections meanwhile.
///
/// Work that may wait for a disk has a thread of its own: the pool has only as many as there are cores.
func besideEventLoops<Value>(_ work: @Sendable () async -> sending Value) async -> sending Value {
  await withTaskExecutorPreference(globalConcurrentExecutor, operation: work)
}
