import Foundation
import Synchronization
import Testing
import ZeroMQ

@Suite("Round trips", .timeLimit(.minutes(1)))
struct RoundTripTests {
  /// Frames of every shape that libzmq treats differently: empty, inline, and of their own memory.
  let message = Message([
    Data("topic/".utf8), Data(), Data(repeating: 1, count: 29), Data(repeating: 2, count: 70_000),
  ])

  @Test("A subscriber receives what a publisher sends, whole", arguments: Transport.allCases)
  func publishes(over transport: Transport) async throws {
    try await withContext { context, folder in
      try await withPair(context, transport.endpoint("a", in: folder)) { publisher, subscriber in
        try await publisher.send([message, Message("one frame")])
        let received = await take(2, of: subscriber.messages)
        #expect(received == [message, Message("one frame")])
        #expect(publisher.traffic.sent == 2)
        #expect(subscriber.traffic.received == 2)
      }
    }
  }

  @Test(
    "A dealer's request reaches the router and the answer comes back", arguments: Transport.allCases
  )
  func answers(over transport: Transport) async throws {
    try await withContext { context, folder in
      try await context.withRouter(binding: [transport.endpoint("a", in: folder)]) { router in
        try await context.withDealer(connectingTo: router.boundEndpoints) { dealer in
          try await dealer.connected()
          try await dealer.send([message])
          let request = try #require(await take(1, of: router.messages).first)
          #expect(request.frames.dropFirst().elementsEqual(message.frames))
          try await router.send([Message([request.frames[0]] + [Data("answer".utf8)])])
          #expect(await take(1, of: dealer.messages) == [Message("answer")])
        }
      }
    }
  }

  @Test("Each of many dealers gets its own answers, in order", arguments: Transport.allCases)
  func keepsDealersApart(over transport: Transport) async throws {
    try await withContext { context, folder in
      try await context.withRouter(binding: [transport.endpoint("a", in: folder)]) { router in
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask {
            for await batch in router.messages { try await router.send(batch) }
          }
          try await withThrowingTaskGroup(of: Void.self) { dealers in
            for name in 0..<8 {
              dealers.addTask { try await echo(context, router.boundEndpoints, "\(name)") }
            }
            try await dealers.waitForAll()
          }
          group.cancelAll()
        }
      }
    }
  }

  private func echo(_ context: Context, _ endpoints: [String], _ name: String) async throws {
    try await context.withDealer(connectingTo: endpoints) { dealer in
      try await dealer.connected()
      let messages = (0..<200).map { Message(name, "\($0)") }
      try await dealer.send(messages)
      #expect(await take(200, of: dealer.messages) == messages)
    }
  }

  /// libzmq signals an arrival once: a thread that sends may take the signal.
  @Test("What arrives while a thread sends is received")
  func receivesBesideSending() async throws {
    try await withContext { context, folder in
      try await context.withRouter(binding: [folder.ipc("a")]) { router in
        let asking = try Context()
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask {
            for await batch in router.messages { try await router.send(batch) }
          }
          try await asking.withDealer(connectingTo: router.boundEndpoints) { dealer in
            try await dealer.connected()
            for round in 0..<2_000 {
              let messages = [Message("\(round)", "first"), Message("\(round)", "second")]
              for message in messages { try await dealer.send([message]) }
              try #require(await take(2, of: dealer.messages) == messages)
            }
          }
          group.cancelAll()
        }
        await asking.close()
      }
    }
  }

  @Test("A few messages are sent by their sender, beside a busy poller")
  func sendsBesidePoller() async throws {
    try await withContext { context, folder in
      try await withPair(context, folder.ipc("a")) { publisher, own in
        let observing = try Context()
        try await observing.withSubscriber(
          connectingTo: publisher.boundEndpoints, prefixes: [""]
        ) { observer in
          _ = await take(1, of: publisher.changes)
          let isBusy = Atomic(false)
          let mayGoOn = DispatchSemaphore(value: 0)
          own.messages.onArrival {
            guard own.traffic.received > 0 else { return }
            isBusy.store(true, ordering: .relaxed)
            mayGoOn.wait()
          }
          defer {
            own.messages.onArrival(nil)
            mayGoOn.signal()
          }
          try await publisher.send([Message("first")])
          await until { isBusy.load(ordering: .relaxed) }
          try await publisher.send([Message("second")])
          #expect(await take(2, of: observer.messages) == [Message("first"), Message("second")])
        }
        await observing.close()
      }
    }
  }

  @Test("A message to a peer that is not there is dropped, and the next one arrives")
  func dropsForUnknownPeers() async throws {
    try await withContext { context, folder in
      try await context.withRouter(binding: [folder.ipc("a")]) { router in
        try await context.withDealer(connectingTo: router.boundEndpoints) { dealer in
          try await dealer.connected()
          try await dealer.send([Message("hello")])
          let peer = try #require(await take(1, of: router.messages).first).frames[0]
          let answer = Message([peer, Data("known".utf8)])
          try await router.send([Message("nobody", "lost"), Message([]), answer])
          #expect(await take(1, of: dealer.messages) == [Message("known")])
        }
      }
    }
  }

  @Test("A message without frames is skipped")
  func passesOverEmptyMessages() async throws {
    try await withContext { context, folder in
      try await withPair(context, folder.ipc("a")) { publisher, subscriber in
        try await publisher.send([Message([]), Message("after")])
        #expect(await take(1, of: subscriber.messages) == [Message("after")])
        #expect(publisher.traffic.refused == 1)
      }
    }
  }

  @Test("A dealer without a peer does not block, and counts what was refused")
  func dealsWithoutPeer() async throws {
    try await withContext { context, folder in
      try await context.withDealer(connectingTo: [folder.ipc("nobody")]) { dealer in
        for _ in 0..<100 {
          try await dealer.send(Array(repeating: Message("anyone?"), count: 500))
        }
        await until { dealer.traffic.refused == 50_000 }
        #expect(dealer.traffic.sent == 0)
      }
    }
  }
}
