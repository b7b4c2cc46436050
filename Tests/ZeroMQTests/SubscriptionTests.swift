import Foundation
import Testing
import ZeroMQ

@Suite("Subscriptions", .timeLimit(.minutes(1)))
struct SubscriptionTests {
  @Test(
    "A publisher sees each subscription, equal ones too, and the last cancel",
    arguments: Transport.allCases)
  func sees(over transport: Transport) async throws {
    try await withContext { context, folder in
      try await withPair(
        context, transport.endpoint("a", in: folder), prefixes: ["beta/"]
      ) { publisher, first in
        try await context.withSubscriber(
          connectingTo: publisher.boundEndpoints, prefixes: ["beta/"]
        ) { second in
          let beta = Data("beta/".utf8)
          #expect(await take(1, of: publisher.changes) == [.subscribed(beta)])
          second.unsubscribe(beta)
          second.subscribe(Data("x".utf8))
          #expect(await take(1, of: publisher.changes) == [.subscribed(Data("x".utf8))])
          first.unsubscribe(beta)
          #expect(await take(1, of: publisher.changes) == [.cancelled(beta)])
        }
        #expect(await take(1, of: publisher.changes) == [.cancelled(Data("x".utf8))])
      }
    }
  }

  @Test(
    "A message that is sent after a subscription was received arrives",
    arguments: Transport.allCases)
  func arrives(over transport: Transport) async throws {
    try await withContext { context, folder in
      try await context.withPublisher(
        binding: [transport.endpoint("a", in: folder)]
      ) { publisher in
        for round in 0..<50 {
          try await context.withSubscriber(
            connectingTo: publisher.boundEndpoints, prefixes: ["\(round)/"]
          ) { subscriber in
            for await changes in publisher.changes
            where changes.contains(.subscribed(Data("\(round)/".utf8))) { break }
            try await publisher.send([Message("\(round)/beat")])
            #expect(await take(1, of: subscriber.messages) == [Message("\(round)/beat")])
          }
        }
      }
    }
  }

  @Test("A subscriber receives its prefixes and nothing else", arguments: Transport.allCases)
  func filters(over transport: Transport) async throws {
    try await withContext { context, folder in
      let endpoint = transport.endpoint("a", in: folder)
      try await withPair(context, endpoint, prefixes: ["a/", "b/"]) { publisher, subscriber in
        try await publisher.send(["a/1", "ab/1", "b/1", "c/1", "a/2"].map { Message($0) })
        let expected = ["a/1", "b/1", "a/2"].map { Message($0) }
        #expect(await take(3, of: subscriber.messages) == expected)
        subscriber.subscribe(Data("c/".utf8))
        #expect(await take(1, of: publisher.changes) == [.subscribed(Data("c/".utf8))])
        try await publisher.send([Message("c/2")])
        #expect(await take(1, of: subscriber.messages) == [Message("c/2")])
      }
    }
  }

  @Test("After a lost ipc path was bound again, a new subscriber connects and the old one stays")
  func rebinds() async throws {
    try await withContext { context, folder in
      try await withPair(context, folder.ipc("a"), prefixes: ["old"]) { publisher, old in
        try FileManager.default.removeItem(atPath: folder.path + "/a")
        try await publisher.rebind(folder.ipc("a"))
        try await context.withSubscriber(
          connectingTo: publisher.boundEndpoints, prefixes: ["new"]
        ) { new in
          #expect(await take(1, of: publisher.changes) == [.subscribed(Data("new".utf8))])
          try await publisher.send([Message("old"), Message("new")])
          #expect(await take(1, of: old.messages) == [Message("old")])
          #expect(await take(1, of: new.messages) == [Message("new")])
        }
      }
    }
  }

  @Test("A path that is bound again is there when rebind returns", arguments: [true, false])
  func rebindsForGood(afterUnlink: Bool) async throws {
    try await withContext { context, folder in
      try await context.withRouter(binding: [folder.ipc("a")]) { router in
        for _ in 0..<200 {
          if afterUnlink { try FileManager.default.removeItem(atPath: folder.path + "/a") }
          try await router.rebind(folder.ipc("a"))
          #expect(FileManager.default.fileExists(atPath: folder.path + "/a"))
        }
        try await context.withDealer(connectingTo: router.boundEndpoints) { dealer in
          try await dealer.connected()
        }
      }
    }
  }
}
