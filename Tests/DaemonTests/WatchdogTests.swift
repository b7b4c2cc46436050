import Courier
import Dispatch
import Foundation
import Glibc
import ServiceLifecycle
import Testing

@testable import Daemon

@Suite("Watchdog", .timeLimit(.minutes(1)))
struct WatchdogTests {
  private typealias Part = WatchdogProcess.Part

  private func actions(
    _ process: inout WatchdogProcess, _ input: WatchdogProcess.Input, at seconds: Int
  ) -> [WatchdogProcess.Action] {
    process.handle(input, at: .seconds(seconds), random: { 0 }).compactMap {
      if case .perform(let action) = $0 { action } else { nil }
    }
  }

  @Test("the supervisor gets a sign when all parts have answered, and not before")
  func feeding() {
    var process = WatchdogProcess(patience: .seconds(15))
    #expect(actions(&process, .woke, at: 0) == Part.allCases.map { .ask($0) })
    #expect(actions(&process, .answered([.http]), at: 0).isEmpty)
    #expect(actions(&process, .answered([.poller]), at: 0).isEmpty)
    #expect(actions(&process, .answered([.writer]), at: 0) == [.feed, .describe])
    #expect(actions(&process, .woke, at: 5) == Part.allCases.map { .ask($0) })
  }

  @Test("the state comes with each sign, but not while the last one still waits for the journal")
  func describing() {
    var process = WatchdogProcess(patience: .seconds(15))
    var sign: [WatchdogProcess.Action] {
      _ = actions(&process, .woke, at: 0)
      return actions(&process, .answered(Part.allCases), at: 0)
    }
    #expect(sign == [.feed, .describe])
    #expect(sign == [.feed])
    #expect(actions(&process, .described, at: 1).isEmpty)
    #expect(sign == [.feed, .describe])
  }

  @Test("a part that does not answer is reported once, and asked again when it has")
  func hanging() {
    var process = WatchdogProcess(patience: .seconds(15))
    _ = actions(&process, .woke, at: 0)
    _ = actions(&process, .answered([.http]), at: 0)
    _ = actions(&process, .answered([.poller]), at: 0)
    #expect(actions(&process, .woke, at: 5) == [.report([.writer], .seconds(5))])
    #expect(actions(&process, .woke, at: 10).isEmpty)
    #expect(actions(&process, .answered([.writer]), at: 11) == [.feed, .describe])
    #expect(actions(&process, .woke, at: 15) == Part.allCases.map { .ask($0) })
  }

  @Test(
    "a supervisor watches where it says so, and this process alone",
    arguments: [
      ([:], nil), (["WATCHDOG_USEC": "15000000"], Duration.seconds(15)),
      (["WATCHDOG_USEC": "15000000", "WATCHDOG_PID": "\(getpid())"], .seconds(15)),
      (["WATCHDOG_USEC": "15000000", "WATCHDOG_PID": "1"], nil),
      (["WATCHDOG_USEC": "0"], nil), (["WATCHDOG_USEC": "soon"], nil),
    ] as [([String: String], Duration?)])
  func patience(environment: [String: String], expected: Duration?) {
    #expect(Supervisor(environment).patience == expected)
  }

  @Test("a writer that hangs keeps the sign back, and is in the log; the next one comes after it")
  func writer() async throws {
    try await withTemporaryFolder { folder in
      let socket = try NotifySocket(folder + "/notify")
      let desk = try Desk()
      let watchdog = Watchdog(
        desk.assembly, status: DaemonStatus(desk.assembly, configuration: desk.shell.current),
        supervisor: Supervisor([
          // A sign each half second, so that a machine that is busy for a moment is no hang.
          "NOTIFY_SOCKET": folder + "/notify", "WATCHDOG_USEC": "1500000",
        ]), runtime: .system, logger: desk.shell.logger)
      let group = ServiceGroup(services: [watchdog], logger: desk.shell.logger)
      try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await group.run() }
        tasks.addTask {
          let sign = await socket.next(within: .seconds(30))
          #expect(sign == "WATCHDOG=1")
          let status = await socket.next(within: .seconds(30))
          #expect(status == "STATUS=ready, head 0, 0 events behind")
          let hang = DispatchSemaphore(value: 0)
          async let held: Void = desk.assembly.journal.write { _ in hang.wait() }
          while try !desk.lines.objects().contains(where: {
            $0["event.action"]?.string == "not-moving"
              && $0["message"]?.string?.contains("the journal's writer") == true
          }) { await Task.yield() }
          // Signs from before the question that hangs.
          while !socket.next().isEmpty {}
          #expect(await socket.next(within: .seconds(1)) == "", "none comes meanwhile")
          hang.signal()
          try await held
          #expect(await socket.next(within: .seconds(30)).hasPrefix("WATCHDOG=1"))
          await group.triggerGracefulShutdown()
        }
        try await tasks.waitForAll()
      }
    }
  }
}
