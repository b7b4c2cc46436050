import Dispatch
import Glibc
import HTTPTypes
import Logging
import NIOCore
import NIOPosix
import RoomTesting
import Synchronization
import Testing

@testable import Daemon

/// The work that an event loop leaves to other threads: it answers every connection that it has.
@Suite(.timeLimit(.minutes(1))) struct EventLoopTests {
  /// Runs a test beside an event loop that no other test uses.
  private func withEventLoop(
    _ body: (any EventLoop, EventLoopExecutor) async throws -> Void
  ) async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let loop = group.next()
    let result: Result<Void, any Error>
    do {
      result = .success(try await body(loop, EventLoopExecutor(loop)))
    } catch {
      result = .failure(error)
    }
    try await group.shutdownGracefully()
    try result.get()
  }

  @Test func `a disk that hangs holds up one thread, which is no event loop's`() async throws {
    let mayEnd = DispatchSemaphore(value: 0)
    let measures = Mutex((onLoop: 0, now: 0, most: 0))
    let space = FreeSpace(
      "/state", limits: { SpaceLimits(warning: 1, reserve: 1) }, service: "delta",
      runtime: TestClock().runtime, logger: Logger(label: ""),
      measure: { _ in
        guard MultiThreadedEventLoopGroup.currentEventLoop == nil else {
          measures.withLock { $0.onLoop += 1 }
          return nil
        }
        measures.withLock { measures in
          measures.now += 1
          measures.most = max(measures.most, measures.now)
        }
        mayEnd.wait()
        measures.withLock { $0.now -= 1 }
        return nil
      })
    try await withEventLoop { loop, executor in
      try await withThrowingDiscardingTaskGroup { tasks in
        for _ in 1...16 {
          tasks.addTask(executorPreference: executor) { _ = await space.problem() }
        }
        // The loop, and the pool beside it, go on behind the sixteen commands.
        try await loop.submit {}.get()
        await Task.detached {}.value
        for _ in 1...16 { mayEnd.signal() }
      }
    }
    #expect(measures.withLock(\.onLoop) == 0)
    #expect(measures.withLock(\.most) == 1)
  }

  @Test func `the page of a refused form is not rendered on an event loop`() async throws {
    // Large enough that its rendering is most of the work.
    let pages = try PageTemplates(
      "Delta",
      templates: [
        "problem": Array(repeating: "<p>{{title}}</p>", count: 2_000).joined().utf8.map(\.self)
      ])
    let desk = try Desk()
    let responder = Responder(
      routes: desk.assembly.routes, journal: desk.assembly.journal, pages: pages,
      runtime: desk.clock.runtime,
      logger: Logger(label: "", factory: { _ in SwiftLogNoOpLogHandler() }))
    let form = IncomingRequest(
      head: IncomingRequest.Head(
        method: .post, target: "/things",
        headers: [.accept: "text/html", .contentType: "text/plain"]),
      body: ByteBuffer(string: "name=a"), peers: Peers())
    try await withEventLoop { loop, executor in
      let before = try await loop.submit { threadTime() }.get()
      let response = await withTaskExecutorPreference(executor) {
        await responder.respond(to: form)
      }
      let onLoop = try await loop.submit { threadTime() }.get() - before
      #expect(response.status == .unsupportedMediaType)
      #expect(response.headers[.contentType] == "text/html; charset=utf-8")

      let start = threadTime()
      _ = try pages.problem(.malformedRequest(""), requestID: nil)
      let rendering = threadTime() - start
      #expect(onLoop < rendering / 2, "\(onLoop) of \(rendering)")
    }
  }
}

/// The processor time of this thread.
private func threadTime() -> Duration {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
}
