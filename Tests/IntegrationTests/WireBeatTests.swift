import Foundation
import Testing
import ZeroMQ

@Suite("Wire: beats", .timeLimit(.minutes(1)))
struct WireBeatTests {
  @Test
  func `a subscription gets a beat with the last published event`() async throws {
    try await withWire(of: .alpha) { deployment, wire in
      try await changeSettings(2, at: try await deployment.launch(.alpha).http)
      let last = try #require(try await wire.history(of: "alpha").last)
      try await wire.subscribing("alpha/") { tap in
        let beat = try await tap.next()
        #expect(beat.topic == "alpha/~beat/")
        #expect(beat.header.magic == "EV")
        #expect(beat.header.version == 1)
        #expect(beat.header.flags == 1)
        #expect(beat.header.epoch == last.header.epoch)
        #expect(beat.header.sequence == 3)
        #expect(beat.header.committedAt == last.header.committedAt)
        #expect(beat.header.chain == last.header.chain)
        #expect(try beat.beat.stream == "alpha")
        #expect(try beat.beat.floor == 1)
      }
    }
  }

  @Test(arguments: [
    ("alpha/", "alpha/~beat/"),
    ("alpha/settings.changed/", "alpha/settings.changed/~beat/"),
    ("alpha/settings.changed/v1/", "alpha/settings.changed/v1/~beat/"),
    ("", "~beat/"), ("alp", "alp~beat/"), ("nobody/", "nobody/~beat/"),
  ])
  func `a beat's topic is the subscribed prefix and ~beat/`(prefix: String, topic: String)
    async throws
  {
    try await withWire(of: .alpha) { deployment, wire in
      try deployment.launch(.alpha)
      try await wire.subscribing(prefix) { tap in
        let beat = try await tap.next(beat: true)
        #expect(beat.topic == topic)
        #expect(try beat.beat.stream == "alpha")
      }
    }
  }

  /// All prefixes beat at the same moments, so 20 one after another that waited for those would
  /// take 20 seconds.
  @Test
  func `each new prefix gets its beat at once`() async throws {
    try await withWire(of: .alpha) { deployment, wire in
      _ = try await deployment.launch(.alpha).http
      try await wire.subscribing("alpha/") { tap in
        _ = try await tap.next()
        let began = ContinuousClock.now
        for number in 1...20 {
          let prefix = "alpha/\(number)/"
          tap.subscriber.subscribe(Data(prefix.utf8))
          while try await tap.next().topic != prefix + "~beat/" {}
        }
        #expect(ContinuousClock.now - began < .seconds(10))
      }
    }
  }

  @Test
  func `a second equal subscription, and a tenth, gets a beat at once too`() async throws {
    try await withWire(of: .alpha) { deployment, wire in
      try deployment.launch(.alpha)
      try await wire.subscribing("alpha/") { first in
        _ = try await first.next()
        let began = ContinuousClock.now
        for _ in 1...20 {
          try await wire.subscribing("alpha/") { tap in
            let topic = try await tap.next().topic
            #expect(topic == "alpha/~beat/")
          }
        }
        #expect(ContinuousClock.now - began < .seconds(10))
      }
    }
  }

  @Test
  func `a beat comes about every second`() async throws {
    try await withWire(of: .alpha) { deployment, wire in
      try deployment.launch(.alpha)
      try await wire.subscribing("alpha/") { tap in
        _ = try await tap.next(beat: true)
        let began = ContinuousClock.now
        var beats = 0
        while ContinuousClock.now - began < .seconds(5) {
          _ = try await tap.next(beat: true)
          beats += 1
        }
        let seconds = (ContinuousClock.now - began).seconds
        #expect((seconds / 2...seconds * 2).contains(Double(beats)))
      }
    }
  }
}
