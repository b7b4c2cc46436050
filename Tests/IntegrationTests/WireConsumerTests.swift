import Foundation
import Testing

@Suite("Wire: ACK and STATUS", .timeLimit(.minutes(1)))
struct WireConsumerTests {
  /// The log answers one question after another, so the answer to the second one shows that the
  /// first has none.
  @Test
  func `ACK answers nothing, moves its consumer forwards only, and shows in /api/bus`()
    async throws
  {
    let consumers = ["ALPHA_CONSUMERS": "beta,foreign"]
    try await withWire(of: .alpha, environment: consumers) { deployment, wire in
      let alpha = try await deployment.launch(.alpha).http
      try await changeSettings(2, at: alpha)
      let epoch = try await alpha.get("/api/bus").json["stream"]["epoch"]
      try await wire.asking { log in
        for (sequence, cursor): (JSON, Int64) in [(1, 1), (3, 3), (2, 3)] {
          try await log.tell(
            "ACK",
            ["consumer": "foreign", "stream": "alpha", "epoch": epoch, "sequence": sequence])
          let reply = try await log.ask("STATUS", ["id": sequence])
          #expect(reply.verb == "STATUS")
          let consumer = reply.answer.consumers?.first { $0.name == "foreign" }
          #expect(consumer.map { Int64($0.cursor) } == cursor)
        }
      }
      let consumers = try await alpha.get("/api/bus").json["consumers"].list
      let consumer = try #require(consumers.first { $0["name"] == "foreign" })
      #expect(consumer["cursor"] == 3)
      #expect(consumer["lag"] == 0)
      #expect(consumer["seenAt"].string?.hasSuffix("Z") == true)
    }
  }

  @Test
  func `STATUS answers head, floor, lineage and consumers`() async throws {
    try await withWire(of: .alpha) { deployment, wire in
      try await changeSettings(1, at: try await deployment.launch(.alpha).http)
      let last = try #require(try await wire.history(of: "alpha").last).header
      try await wire.asking { log in
        let reply = try await log.ask("STATUS", ["id": 9])
        #expect(reply.verb == "STATUS")
        #expect(reply.messages.isEmpty)
        let answer = reply.answer
        #expect(answer.id == 9)
        #expect(answer.stream == "alpha")
        #expect(answer.epoch == last.epoch.wireHex)
        #expect(answer.head == 2)
        #expect(answer.chain == last.chain.wireHex)
        #expect(answer.floor == 1)
        let lineage = try #require(answer.lineage)
        #expect(lineage.map(\.epoch) == [last.epoch.wireHex])
        #expect(lineage.map(\.from) == [0])
        #expect(lineage.map(\.chain) == [wireChainZero.wireHex])
        #expect(answer.consumers?.map(\.name) == ["beta", "charlie", "overlord"])
        #expect(answer.consumers?.map(\.cursor) == [0, 0, 0])
      }
    }
  }

  @Test
  func `a service that follows acknowledges what it has applied`() async throws {
    try await withWire(of: .alpha) { deployment, wire in
      try await deployment.openShop()
      try await wire.asking { log in
        var cursor: UInt64?
        while cursor != 1 {
          let reply = try await log.ask("STATUS", [:])
          cursor = reply.answer.consumers?.first { $0.name == "beta" }?.cursor
        }
      }
    }
  }
}
