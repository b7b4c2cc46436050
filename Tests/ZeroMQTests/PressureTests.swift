import Foundation
import Synchronization
import Testing
import ZeroMQ

@Suite("Under pressure", .serialized, .timeLimit(.minutes(2)))
struct PressureTests {
  @Test("A million messages pass while others subscribe and unsubscribe, in bounded memory")
  func millionMessages() async throws {
    let before = try residentBytes()
    try await withContext { context, folder in
      try await withPair(context, folder.ipc("a"), prefixes: ["n/"]) { publisher, subscriber in
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask { for await _ in subscriber.messages {} }
          group.addTask { try await toggle(context, publisher) }
          let batch = (0..<500).map { Message(number: $0, padding: 500) }
          for _ in 0..<2_000 { try await publisher.send(batch) }
          await until { publisher.traffic.sent == 1_000_000 }
          group.cancelAll()
        }
        #expect(publisher.traffic.outboxPeak <= SocketSettings().outboxMessages + 500)
        #expect(subscriber.traffic.inboxPeak <= SocketSettings().inboxMessages + 256)
        #expect(subscriber.traffic.received > 10_000)
      }
    }
    // All queues full at once are some 45,000 messages of about 1 KiB. Without limits there would be
    // most of a million in memory, because sending is much faster than receiving.
    #expect(try residentBytes() - before < 200 << 20)
  }

  /// Subscribes and unsubscribes on a socket of its own, as fast as the publisher sees it.
  private func toggle(_ context: Context, _ publisher: Publisher) async throws {
    try await context.withSubscriber(
      connectingTo: publisher.boundEndpoints, prefixes: []
    ) { subscriber in
      var rounds = 0
      while !Task.isCancelled {
        let prefix = Data("n/\(rounds)".utf8)
        for _ in 0..<20 {
          subscriber.subscribe(prefix)
          subscriber.unsubscribe(prefix)
        }
        for await changes in publisher.changes where changes.contains(.cancelled(prefix)) { break }
        rounds += 1
      }
      #expect(rounds > 10)
    }
  }

  @Test(
    "A stuck receiver neither blocks the publisher nor grows, and sees the gap",
    arguments: Transport.allCases)
  func stuckReceiver(over transport: Transport) async throws {
    var small = SocketSettings()
    small.sendQueueBytes = 500 * small.sendMessageBytes
    small.receiveQueueBytes = 500 * small.receiveMessageBytes
    small.inboxMessages = 1_000
    let settings = small
    try await withContext { context, folder in
      try await withPair(
        context, transport.endpoint("a", in: folder), publisher: settings, subscriber: settings
      ) { publisher, subscriber in
        let total = 100_000
        for start in stride(from: 0, to: total, by: 500) {
          try await publisher.send((start..<start + 500).map { Message(number: $0, padding: 200) })
        }
        await until { publisher.traffic.sent == UInt64(total) }
        #expect(subscriber.traffic.inboxPeak <= 1_000 + 256)
        let numbers = try await receive(through: total, from: subscriber, feedingBy: publisher)
        #expect(numbers.first == 0)
        #expect(numbers == numbers.sorted())
        #expect(numbers.count < total)
      }
    }
  }

  /// The numbers received up to the first that is at least `last`, while more are sent.
  private func receive(
    through last: Int, from subscriber: Subscriber, feedingBy publisher: Publisher
  ) async throws -> [Int] {
    try await withThrowingTaskGroup(of: [Int].self) { group in
      group.addTask {
        var numbers: [Int] = []
        for await batch in subscriber.messages {
          numbers += batch.compactMap(\.number)
          if numbers.last ?? 0 >= last { break }
        }
        return numbers
      }
      group.addTask {
        var next = last
        while !Task.isCancelled {
          try await publisher.send([Message(number: next)])
          next += 1
          await Task.yield()
        }
        return []
      }
      defer { group.cancelAll() }
      return try await group.next() ?? []
    }
  }

  @Test("A sender that is too fast is suspended, and loses nothing")
  func suspendsSenders() async throws {
    var small = SocketSettings()
    small.outboxMessages = 1
    small.sendQueueBytes = 100_000 * small.sendMessageBytes
    let settings = small
    try await withContext { context, folder in
      try await withPair(context, "inproc://a", publisher: settings) { publisher, subscriber in
        try await withThrowingTaskGroup(of: Void.self) { group in
          for sender in 0..<4 {
            group.addTask {
              for number in 0..<500 {
                try await publisher.send([Message("\(sender)", "\(number)")])
              }
            }
          }
          let received = await take(2_000, of: subscriber.messages)
          for sender in 0..<4 {
            let own = received.filter { $0.frames[0] == Data("\(sender)".utf8) }
            #expect(own == (0..<500).map { Message("\(sender)", "\($0)") })
          }
          try await group.waitForAll()
        }
        #expect(publisher.traffic.outboxPeak == 1)
      }
    }
  }

  /// What the process holds of memory, from the second number of `statm`, in pages of 4 KiB.
  private func residentBytes() throws -> Int {
    let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
    return try #require(Int(text.split(separator: " ")[1])) * 4_096
  }
}
