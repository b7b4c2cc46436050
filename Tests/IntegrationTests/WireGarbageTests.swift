import Foundation
import Testing
import ZeroMQ

@Suite("Wire: garbage", .timeLimit(.minutes(1)))
struct WireGarbageTests {
  private static let noise = (0..<(2 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ 13) }

  /// Both sockets: their names, and the handshake of a peer of the right kind.
  static let sockets = [("events", "SUB"), ("log", "DEALER")]

  /// Bytes before or in place of a handshake.
  @Test(arguments: sockets)
  func `a peer without ZMTP is disconnected, and the others are served`(
    socket: String, kind: String
  ) async throws {
    try await withWire(of: .alpha) { deployment, wire in
      let alpha = try await deployment.start(.alpha)
      let path = "\(deployment.runFolder)/alpha.\(socket)"
      for count in [1, 64, 4096, 2 << 20] {
        try WirePeer(path).send(Array(Self.noise.prefix(count)))
      }
      try WirePeer(path).send(Array("GET / HTTP/1.1\r\n\r\n".utf8))
      let peer = try WirePeer(path)
      await peer.greet(as: kind)
      peer.send([0x04, 0xff] + Self.noise.prefix(100))
      await (try WirePeer(path)).greet(as: "NONSENSE")
      try await wire.serves("alpha")
      #expect(try await alpha.terminate() == .exited(0))
    }
  }

  @Test
  func `garbage on the log's socket is answered with errors on the same connection`() async throws {
    try await withWire(of: .alpha) { deployment, wire in
      let alpha = try await deployment.start(.alpha)
      let head = try await alpha.http.get("/api/bus").json["stream"]
      let peer = try WirePeer(deployment.runFolder + "/alpha.log")
      await peer.greet(as: "DEALER")
      peer.frame([])
      for _ in 1...100 { peer.frame([], more: true) }
      peer.frame(Array(Self.noise.prefix(4 << 10)))
      peer.frame(Array("FETCH".utf8), more: true)
      peer.frame(Array(Self.noise.prefix(4 << 10)))
      peer.frame(Array("STATUS".utf8), more: true)
      peer.frame(Array(#"{"id":"the last one"}"#.utf8))
      #expect(await peer.hear("the last one") != nil)
      try await wire.serves("alpha")
      #expect(try await alpha.http.get("/api/bus").json["stream"] == head)
      #expect(try await alpha.terminate() == .exited(0))
    }
  }

  @Test
  func `garbage on the events' socket makes no subscription, and stops no peer`()
    async throws
  {
    try await withWire(of: .alpha) { deployment, wire in
      let alpha = try await deployment.start(.alpha)
      let peer = try WirePeer(deployment.runFolder + "/alpha.events")
      await peer.greet(as: "SUB")
      for byte: UInt8 in [2, 7, 255] { peer.frame([byte] + Self.noise.prefix(20)) }
      peer.frame([])
      peer.frame([0] + Array("never subscribed".utf8))
      for count in [255, 256, 300, (4 << 10) - 1] {
        peer.frame([1] + Self.noise.prefix(count))
      }
      for _ in 1...10 { peer.frame([1] + Self.noise.prefix(9), more: true) }
      peer.frame([1, 0, 255, 254])
      peer.frame([1] + Array("alpha/".utf8))
      #expect(await peer.hear("alpha/~beat/") != nil)
      try await wire.serves("alpha")
      #expect(try await alpha.terminate() == .exited(0))
    }
  }

  @Test
  func `a prefix of 255 bytes gets beats, and one of 256 none`() async throws {
    try await withWire(of: .alpha) { deployment, wire in
      let alpha = try await deployment.start(.alpha).http
      let longest = String(repeating: "x", count: 255)
      // By hand: libzmq 4.3.4 itself sends subscriptions of 246 to 255 bytes wrongly.
      let peer = try WirePeer(deployment.runFolder + "/alpha.events")
      await peer.greet(as: "SUB")
      for prefix in [longest + "x", longest, "alpha/"] { peer.frame([1] + Array(prefix.utf8)) }
      var heard = Data()
      for _ in 1...3 { heard += try #require(await peer.hear("alpha/~beat/")) }
      #expect(heard.range(of: Data((longest + "~beat/").utf8)) != nil)
      #expect(heard.range(of: Data((longest + "x").utf8)) == nil)
      try await changeSettings(1, at: alpha)
      #expect(await peer.hear("alpha/settings.changed/v1/") != nil)
    }
  }

  @Test
  func `of 2,000 prefixes 1,024 get beats, all get events, and the first subscriber continues`()
    async throws
  {
    try await withWire(of: .alpha) { deployment, wire in
      let alpha = try await deployment.start(.alpha).http
      try await wire.subscribing("alpha/") { first in
        _ = try await first.next()
        try await wire.subscribing("flood/0/") { flood in
          for number in 1..<2_000 { flood.subscriber.subscribe(Data("flood/\(number)/".utf8)) }
          flood.subscriber.subscribe(Data("alpha/settings.changed/".utf8))
          var topics: [String: Int] = [:]
          while topics["flood/0/~beat/", default: 0] < 4 {
            topics[try await flood.next().topic, default: 0] += 1
          }
          #expect(topics.count == 1_023, "one more is the followers'")
          #expect(topics["alpha/settings.changed/~beat/"] == nil)
          try await changeSettings(1, at: alpha)
          let heard = try await flood.next(beat: false)
          let alsoHeard = try await first.next(beat: false)
          #expect(heard.frames == alsoHeard.frames)
        }
        // The flood is over: what is subscribed now gets beats again, soon.
        var topic = ""
        var number = 0
        while !topic.hasPrefix("alpha/after/"), number < 30 {
          number += 1
          first.subscriber.subscribe(Data("alpha/after/\(number)/".utf8))
          topic = try await first.next().topic
        }
        #expect(topic.hasPrefix("alpha/after/"))
      }
    }
  }
}

extension WireClient {
  /// Shows that both sockets serve a well-behaved peer.
  nonisolated(nonsending) func serves(_ stream: String) async throws {
    try await subscribing(stream + "/") { tap in _ = try await tap.next(beat: true) }
    try await asking { log in
      let verb = try await log.ask("STATUS", [:]).verb
      guard verb == "STATUS" else { throw WireFailure("STATUS is answered with \(verb)") }
    }
  }
}
