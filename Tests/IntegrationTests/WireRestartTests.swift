import Foundation
import Testing
import ZeroMQ

@Suite("Wire: restarts", .timeLimit(.minutes(1)))
struct WireRestartTests {
  @Test
  func `after a kill the epoch is the same, the log too, and the sequence goes on`() async throws {
    try await withWire(of: .alpha) { deployment, wire in
      try await changeSettings(3, at: try await deployment.launch(.alpha).http)
      try await wire.subscribing("alpha/") { tap in
        let before = try await tap.next(beat: true).header
        let log = try await wire.history(of: "alpha")
        try await deployment[.alpha].kill()
        let alpha = try await deployment.launch(.alpha).http
        // The subscriber comes back by itself, with all that it had subscribed. Only a beat of a
        // new prefix is surely of the second life.
        tap.subscriber.subscribe(Data("alpha/again/".utf8))
        var beat = try await tap.next()
        while beat.topic != "alpha/again/~beat/" { beat = try await tap.next() }
        let after = beat.header
        #expect(after.epoch == before.epoch)
        #expect(after.sequence == 4)
        #expect(after.chain == before.chain)
        try await changeSettings(1, at: alpha)
        let event = try await tap.next(beat: false)
        #expect(event.header.epoch == before.epoch)
        #expect(event.header.sequence == 5)
        #expect(event.header.chain == wireChain(after: before.chain, event))
        let whole = try await wire.history(of: "alpha")
        #expect(whole.map(\.frames) == log.map(\.frames) + [event.frames])
      }
    }
  }

  @Test
  func `an event that was committed and never published shows in the beat, and can be fetched`()
    async throws
  {
    try await withWire(of: .alpha) { deployment, wire in
      let alpha = try await deployment.launch(.alpha).http
      try await wire.subscribing("alpha/") { tap in
        let before = try await tap.next(beat: true).header
        async let change: Void = changeSettings(100, at: alpha)
        while try await tap.next(beat: false).header.sequence < 10 {}
        try await deployment[.alpha].kill()
        try? await change
        _ = try await deployment.launch(.alpha).http
        // Messages of the first process may still come before the second one's beat.
        var beat = try await tap.next(beat: true).header
        let log = try await wire.history(of: "alpha")
        let head = try #require(log.last).header
        while beat.sequence < head.sequence { beat = try await tap.next(beat: true).header }
        #expect(beat.epoch == before.epoch)
        #expect(beat.sequence == head.sequence)
        #expect(beat.chain == head.chain)
        #expect(log.map(\.header.sequence) == Array(1...head.sequence))
        #expect(log.reduce(wireChainZero, wireChain) == head.chain)
      }
    }
  }

  @Test
  func `a socket whose file was removed is bound again, and reports it`() async throws {
    try await withWire(of: .alpha) { deployment, wire in
      try deployment.launch(.alpha)
      try await deployment.bindsItsSockets(.alpha)
      try FileManager.default.removeItem(atPath: deployment.runFolder + "/alpha.events")
      try FileManager.default.removeItem(atPath: deployment.runFolder + "/alpha.log")
      try await wire.subscribing("alpha/") { tap in
        let topic = try await tap.next().topic
        #expect(topic == "alpha/~beat/")
      }
      #expect(try await wire.history(of: "alpha").count == 1)
    }
  }

  @Test
  func `a run directory that is gone is a reason in readyz, until it is there again`() async throws
  {
    try await withWire(of: .alpha) { deployment, wire in
      let alpha = try deployment.launch(.alpha)
      let http = try await alpha.http
      try await deployment.bindsItsSockets(.alpha)
      let away = deployment.runFolder + ".away"
      try FileManager.default.moveItem(atPath: deployment.runFolder, toPath: away)
      let own = "\(deployment.runFolder)/alpha."
      _ = try await alpha.logged("that its socket is gone") {
        $0.message.hasPrefix(own) && $0.message.contains("has disappeared")
      }
      let answer = try await http.get("/readyz")
      #expect(answer.status == 503)
      #expect("\(answer)".contains("\(own)"), "\(answer)")
      #expect("\(answer)".contains("has disappeared"), "\(answer)")
      // The same sockets come back, and so the same files.
      try FileManager.default.moveItem(atPath: away, toPath: deployment.runFolder)
      while "\(try await http.get("/readyz"))".contains("disappeared") {
        try await Task.sleep(for: .milliseconds(20))
      }
    }
  }
}

extension Deployment {
  /// Waits until the sockets of a service's stream are there, which may be after HTTP listens.
  fileprivate func bindsItsSockets(_ service: ServiceName) async throws {
    for socket in ["events", "log"] {
      while !FileManager.default.fileExists(atPath: "\(runFolder)/\(service).\(socket)") {
        try await Task.sleep(for: .milliseconds(10))
      }
    }
  }
}
