import Foundation
import Glibc
import Testing

@testable import ZeroMQ

@Suite("Opening, closing and cancelling", .timeLimit(.minutes(1)))
struct LifecycleTests {
  @Test(
    "Closing the context ends the iteration of a consumer that waits", arguments: Transport.allCases
  )
  func closeEndsIteration(over transport: Transport) async throws {
    try await withContext { context, folder in
      let endpoint = transport.endpoint("a", in: folder)
      try await withPair(context, endpoint) { publisher, subscriber in
        async let messages = take(1, of: subscriber.messages)
        async let changes = take(1, of: publisher.changes)
        await Task.yield()
        await context.close()
        #expect(await messages.isEmpty)
        #expect(await changes.isEmpty)
        let failure = try await failure { try await publisher.send([Message("late")]) }
        #expect(failure?.code == .closed)
        subscriber.subscribe(Data("late".utf8))
      }
    }
  }

  @Test("Cancelling the task ends its iteration, and the next consumer goes on")
  func cancelEndsIteration() async throws {
    try await withContext { context, folder in
      try await withPair(context, folder.ipc("a")) { publisher, subscriber in
        for _ in 0..<100 {
          let consumer = Task { await take(1, of: subscriber.messages) }
          await Task.yield()
          consumer.cancel()
          #expect(await consumer.value.isEmpty)
        }
        try await publisher.send([Message("still here")])
        #expect(await take(1, of: subscriber.messages) == [Message("still here")])
      }
    }
  }

  @Test("Closing the context throws at senders that are suspended")
  func closeThrowsAtSenders() async throws {
    var small = SocketSettings()
    small.outboxMessages = 1
    let settings = small
    try await withContext { context, folder in
      try await context.withPublisher(binding: [folder.ipc("a")], settings: settings) { publisher in
        await withTaskGroup(of: ZeroMQError.Code?.self) { group in
          for _ in 0..<8 {
            group.addTask {
              try? await failure { while true { try await publisher.send([Message("x")]) } }?.code
            }
          }
          await until { publisher.traffic.sent > 100 }
          await context.close()
          for await code in group { #expect(code == .closed) }
        }
      }
    }
  }

  @Test("A context may be closed twice, at the same time too, and opens nothing afterwards")
  func closesTwice() async throws {
    let context = try Context()
    async let first: Void = context.close()
    async let second: Void = context.close()
    _ = await (first, second)
    await context.close()
    let failure = try await failure {
      try await context.withDealer(connectingTo: ["inproc://a"]) { _ in }
    }
    #expect(failure?.code == .closed)
  }

  @Test("A context that is forgotten closes itself")
  func closesWhenForgotten() async throws {
    let folder = try TemporaryFolder()
    var context: Context? = try Context()
    try await context?.withRouter(binding: [folder.ipc("a")]) { _ in }
    weak let forgotten = context
    context = nil
    #expect(forgotten == nil)
  }

  @Test(
    "An endpoint is free when its scope has ended, by an error too", arguments: Transport.allCases)
  func freesEndpoint(over transport: Transport) async throws {
    struct Stop: Error {}
    try await withContext { context, folder in
      // An address of its own, so that no other test is given the port in between.
      var endpoint = transport == .tcp ? "tcp://127.0.0.2:*" : transport.endpoint("a", in: folder)
      for _ in 0..<50 {
        await #expect(throws: Stop.self) {
          try await context.withPublisher(binding: [endpoint]) { publisher in
            endpoint = publisher.boundEndpoints[0]
            throw Stop()
          }
        }
      }
    }
  }

  /// libzmq aborts the whole process here when sockets have no linger.
  @Test("Both sides may go in the middle of multipart messages", arguments: Transport.allCases)
  func closesAmidMessages(over transport: Transport) async throws {
    let messages = (0..<200).map { Message(number: $0, padding: 8_000) }
    try await withContext { context, folder in
      for round in 0..<150 {
        let endpoint = transport.endpoint("\(round)", in: folder)
        try await withPair(context, endpoint) { publisher, subscriber in
          for _ in 0..<3 { try await publisher.send(messages) }
          _ = await take(1, of: subscriber.messages)
        }
      }
    }
  }

  @Test("A socket may close while a task sends", arguments: Transport.allCases)
  func closesBesideSender(over transport: Transport) async throws {
    try await withContext { context, folder in
      for round in 0..<30 {
        let endpoint = transport.endpoint("\(round)", in: folder)
        let sender = try await context.withPublisher(binding: [endpoint]) { publisher in
          let sender = Task {
            try await failure {
              while true {
                try await publisher.send([Message("x")])
                await Task.yield()
              }
            }
          }
          try await context.withSubscriber(
            connectingTo: publisher.boundEndpoints, prefixes: [""]
          ) { _ = await take(1, of: $0.messages) }
          return sender
        }
        #expect(try await sender.value?.code == .closed)
      }
    }
  }

  @Test("Closing does not wait for the task to be free of cancellation")
  func closesWhenCancelled() async throws {
    try await withContext { context, folder in
      let task = Task {
        try await context.withRouter(binding: [folder.ipc("a")]) { router in
          for await _ in router.messages {}
        }
      }
      task.cancel()
      try await task.value
    }
  }

  @Test("Waiting for a peer ends with the peer, a cancellation or the socket")
  func waitsForPeer() async throws {
    try await withContext { context, folder in
      try await context.withDealer(connectingTo: [folder.ipc("a")]) { dealer in
        let cancelled = Task { try await dealer.connected() }
        await Task.yield()
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }

        let connected = Task { try await dealer.connected() }
        try await context.withRouter(binding: [folder.ipc("a")]) { _ in try await connected.value }

        let closed = Task { try await failure { while true { try await dealer.connected() } } }
        await context.close()
        #expect(try await closed.value?.code == .closed)
      }
    }
  }

  @Test("Signals that interrupt the poller lose nothing", arguments: Transport.allCases)
  func survivesInterrupts(over transport: Transport) async throws {
    var action = sigaction()
    // Without SA_RESTART, so that every system call of the thread may end with EINTR.
    action.__sigaction_handler.sa_handler = { _ in }
    #expect(sigaction(SIGUSR1, &action, nil) == 0)
    try await withContext { context, folder in
      try await context.withRouter(binding: [transport.endpoint("a", in: folder)]) { router in
        try await context.withDealer(connectingTo: router.boundEndpoints) { dealer in
          try await dealer.connected()
          try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { for await batch in router.messages { try await router.send(batch) } }
            group.addTask {
              while !Task.isCancelled {
                pthread_kill(context.thread, SIGUSR1)
                await Task.yield()
              }
            }
            for round in 0..<500 {
              let messages = (0..<20).map { Message("\(round)", "\($0)") }
              try await dealer.send(messages)
              #expect(await take(20, of: dealer.messages) == messages)
            }
            group.cancelAll()
          }
        }
      }
    }
  }
}
