import Testing

@testable import ZeroMQ

@Suite("A socket, used by hand instead of by a poller", .timeLimit(.minutes(1)))
struct PolledSocketTests {
  @Test("It knows before it sends what its peers have read: none is dropped for one that keeps up")
  func knowsWhatIsRead() async throws {
    var settings = SocketSettings()
    settings.sendQueueBytes = 64 * settings.sendMessageBytes
    let folder = try TemporaryFolder()
    let plan = SocketPlan(kind: .publisher, endpoints: [folder.ipc("a")], settings: settings)
    // It goes after its socket, for which it would wait.
    let context = try ContextHandle()
    try await publish(to: plan, on: try context.socket(plan.kind.type))
  }

  private func publish(to plan: SocketPlan, on handle: consuming SocketHandle) async throws {
    let bound = try handle.prepare(by: plan)
    let channel = Channel<Message>(commands: try CommandQueue(), settings: plan.settings) { $0 }
    let socket = PolledSocket(handle: handle, parts: channel.parts, plan: plan, bound: bound)
    try await withContext { context, _ in
      try await context.withSubscriber(connectingTo: bound, prefixes: [""]) { subscriber in
        await until { socket.work(hasNews: true).receives }
        // Half of the queue, since libzmq reports in steps of a half what a peer has read.
        let batch = (0..<32).map { Message(number: $0) }
        for round in 1...200 {
          try await channel.outbox.send(batch)
          socket.obey(.flush)
          // One that was dropped is waited for until the test's time ends.
          await until { subscriber.traffic.received == UInt64(round * batch.count) }
          try Task.checkCancellation()
        }
      }
    }
  }
}
