import Foundation
import Testing

@Suite("Wire: FETCH", .timeLimit(.minutes(1)))
struct WireFetchTests {
  @Test
  func `FETCH from 0 gives the log's place and the events as stored, and repeats the id`()
    async throws
  {
    try await withWire(of: .alpha) { deployment, wire in
      try await changeSettings(3, at: try await deployment.launch(.alpha).http)
      try await wire.asking { log in
        let reply = try await log.ask(
          "FETCH", ["stream": "alpha", "after": 0, "limit": 500, "id": 42])
        #expect(reply.verb == "EVENTS")
        #expect(reply.messages.map(\.header.sequence) == [1, 2, 3, 4])
        let last = try #require(reply.messages.last?.header)
        #expect(
          reply.json == [
            "id": 42, "stream": "alpha", "epoch": JSON(stringLiteral: last.epoch.wireHex),
            "after": 0, "through": 4, "head": 4, "floor": 1,
            "chain": JSON(stringLiteral: last.chain.wireHex),
          ])
        #expect(last.chain == reply.messages.reduce(wireChainZero, wireChain))
      }
    }
  }

  @Test(
    arguments: [
      "text", 7, -1, true, .null, ["nested", ["deep": 1]], ["a": ["b": .null]],
    ] as [JSON])
  func `the answer repeats the id, of any JSON type, an error's too`(id: JSON) async throws {
    try await withWire(of: .alpha) { deployment, wire in
      try deployment.launch(.alpha)
      try await wire.asking { log in
        for verb in ["STATUS", "FETCH", "NONSENSE"] {
          try await log.tell(verb, ["id": id])
          let answer = try JSON(try await log.hearFrames()[1])
          #expect(answer["id"] == id)
        }
      }
    }
  }

  @Test
  func `the log is paged: each answer has its last number and chain`()
    async throws
  {
    try await withWire(of: .alpha) { deployment, wire in
      try await changeSettings(6, at: try await deployment.launch(.alpha).http)
      let whole = try await wire.history(of: "alpha")
      try await wire.asking { log in
        var after = UInt64(0)
        var chain = wireChainZero
        var pages: [[UInt64]] = []
        repeat {
          let reply = try await log.ask(
            "FETCH",
            [
              "stream": "alpha", "after": JSON(Int64(after)), "limit": 3,
              "epoch": JSON(stringLiteral: whole[0].header.epoch.wireHex),
              "chain": JSON(stringLiteral: chain.wireHex),
            ])
          #expect(reply.answer.after == after)
          #expect(reply.answer.head == 7)
          pages.append(reply.messages.map(\.header.sequence))
          chain = reply.messages.reduce(chain, wireChain)
          #expect(reply.answer.chain == chain.wireHex)
          after = try #require(reply.answer.through)
        } while after < 7
        #expect(pages == [[1, 2, 3], [4, 5, 6], [7]])
        #expect(chain == whole[6].header.chain)
      }
    }
  }

  @Test
  func `FETCH at the head answers no events, and the head's chain`() async throws {
    try await withWire(of: .alpha) { deployment, wire in
      try await changeSettings(1, at: try await deployment.launch(.alpha).http)
      let last = try #require(try await wire.history(of: "alpha").last)
      try await wire.asking { log in
        let reply = try await log.ask("FETCH", ["stream": "alpha", "after": 2, "limit": 500])
        #expect(reply.verb == "EVENTS")
        #expect(reply.messages.isEmpty)
        #expect(reply.answer.through == 2)
        #expect(reply.answer.chain == last.header.chain.wireHex)
      }
    }
  }

  @Test
  func `an answer holds 500 events at most, however many are asked for`() async throws {
    try await withWire(of: .alpha) { deployment, wire in
      try await changeSettings(501, at: try await deployment.launch(.alpha).http)
      try await wire.asking { log in
        for limit: JSON in [500, 501, 1_000_000] {
          let reply = try await log.ask("FETCH", ["stream": "alpha", "after": 0, "limit": limit])
          #expect(reply.messages.map(\.header.sequence) == Array(1...500))
          #expect(reply.answer.through == 500)
          #expect(reply.answer.head == 502)
        }
        let rest = try await log.ask("FETCH", ["stream": "alpha", "after": 500])
        #expect(rest.messages.map(\.header.sequence) == [501, 502])
      }
    }
  }

  @Test
  func `FETCH registers no consumer`() async throws {
    try await withWire(of: .alpha) { deployment, wire in
      let alpha = try await deployment.launch(.alpha).http
      let before = try await alpha.get("/api/bus").json["consumers"]
      try await wire.asking { log in
        _ = try await log.ask("FETCH", ["stream": "alpha", "after": 0, "consumer": "passer-by"])
      }
      #expect(try await alpha.get("/api/bus").json["consumers"] == before)
    }
  }
}
