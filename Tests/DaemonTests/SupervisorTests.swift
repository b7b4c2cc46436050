import Courier
import Events
import Foundation
import Glibc
import Journal
import Logging
import ServiceLifecycle
import Testing

@testable import Daemon

@Suite("Supervisor", .timeLimit(.minutes(1)))
struct SupervisorTests {
  @Test("a state is one datagram to the socket that the environment names")
  func datagram() async throws {
    try await withTemporaryFolder { folder in
      let socket = try NotifySocket(folder + "/notify")
      Supervisor(["NOTIFY_SOCKET": folder + "/notify"]).notify("READY=1")
      #expect(socket.next() == "READY=1")
    }
  }

  @Test("a status is one line, since a line break would begin another variable")
  func status() async throws {
    try await withTemporaryFolder { folder in
      let socket = try NotifySocket(folder + "/notify")
      let supervisor = Supervisor(["NOTIFY_SOCKET": folder + "/notify"])
      supervisor.notify("READY=1", status: "not ready:\nSTOPPING=1")
      #expect(socket.next() == "READY=1\nSTATUS=not ready: STOPPING=1")
      supervisor.notify(status: "ready")
      #expect(socket.next() == "STATUS=ready")
    }
  }

  @Test("the socket may be in the abstract namespace")
  func abstract() throws {
    let path = "@eventually-\(UUID().uuidString)"
    let socket = try NotifySocket(path)
    Supervisor(["NOTIFY_SOCKET": path]).notify("STOPPING=1")
    #expect(socket.next() == "STOPPING=1")
  }

  @Test(
    "without a supervisor, or with one that is gone, nothing happens",
    arguments: [
      [:], ["NOTIFY_SOCKET": ""], ["NOTIFY_SOCKET": "/nowhere/notify"],
      ["NOTIFY_SOCKET": "/" + String(repeating: "x", count: 200)],
    ])
  func nobody(environment: [String: String]) {
    Supervisor(environment).notify("READY=1")
  }

  @Test(
    "it is notified when the service is ready, and when it begins to stop", .timeLimit(.minutes(1)))
  func readyAndStopping() async throws {
    try await told([], logged: "ready")
  }

  @Test(
    "it is not kept waiting by a stopped stream, for which an operator decides",
    .timeLimit(.minutes(1)))
  func stopped() async throws {
    let stopped = Subscription(
      stream: "alpha", cursor: 3, head: 5, state: .stopped, reason: "diverged", isReady: false)
    try await told([stopped], logged: "started, but not ready: alpha is stopped: diverged")
    let live = Subscription(
      stream: "beta", cursor: 3, head: 5, state: .catchingUp, reason: nil, isReady: false)
    let desk = try Desk()
    let assembly = Assembly(journal: desk.assembly.journal, subscriptions: { [stopped, live] })
    #expect(!Readiness(assembly).now.isStarted, "beta is still to come")
  }

  /// Runs the report until it has logged a line, and then stops it.
  private func told(_ subscriptions: [Subscription], logged line: String) async throws {
    try await withTemporaryFolder { folder in
      let socket = try NotifySocket(folder + "/notify")
      let desk = try Desk()
      let assembly = Assembly(journal: desk.assembly.journal, subscriptions: { subscriptions })
      let supervisor = Supervisor(["NOTIFY_SOCKET": folder + "/notify"])
      let report = ReadinessReport(
        readiness: Readiness(assembly), assembly: assembly, supervisor: supervisor,
        reports: LifecycleReports(
          supervisor, status: DaemonStatus(assembly, configuration: desk.shell.current)),
        runtime: desk.shell.runtime, logger: desk.shell.logger)
      let group = ServiceGroup(services: [report], logger: desk.shell.logger)
      try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await group.run() }
        tasks.addTask {
          while try desk.lines.object(line) == nil { await Task.yield() }
          await group.triggerGracefulShutdown()
        }
        try await tasks.waitForAll()
      }
      #expect(socket.next().hasPrefix("READY=1\nSTATUS="))
      #expect(socket.next() == "STOPPING=1\nSTATUS=stopping")
    }
  }
}
