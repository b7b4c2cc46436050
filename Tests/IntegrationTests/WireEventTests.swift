import Foundation
import Testing

@Suite("Wire: events", .timeLimit(.minutes(1)))
struct WireEventTests {
  @Test
  func `a header is 48 bytes, big endian, with its fields at their offsets`() async throws {
    try await withWire(of: .alpha) { deployment, wire in
      let bus = try await deployment.launch(.alpha).http.get("/api/bus").json
      let first = try #require(try await wire.history(of: "alpha").first)
      #expect(first.frames[1].count == 48)
      #expect(first.frames[1].prefix(4) == Data([0x45, 0x56, 1, 0]))
      #expect(first.header.schemaVersion == 1)
      #expect(first.header.leastReader == 1)
      #expect(first.header.epoch.wireHex == bus["stream"]["epoch"].string)
      #expect(first.header.sequence == 1)
      let now = UInt64(Date().timeIntervalSince1970 * 1_000_000)
      #expect((now - 60_000_000...now).contains(first.header.committedAt))
      #expect(first.header.chain == wireChain(after: wireChainZero, first))
    }
  }

  @Test
  func `sequence numbers go up by one, times grow, and the chain holds over the whole log`()
    async throws
  {
    try await withWire(of: .alpha) { deployment, wire in
      try await changeSettings(20, at: try await deployment.launch(.alpha).http)
      let log = try await wire.history(of: "alpha")
      #expect(log.map(\.header.sequence) == Array(1...21))
      #expect(Set(log.map(\.header.epoch)).count == 1)
      var chain = wireChainZero
      for (earlier, later) in zip(log, log.dropFirst()) {
        #expect(earlier.header.committedAt < later.header.committedAt)
      }
      for message in log {
        chain = wireChain(after: chain, message)
        #expect(message.header.chain == chain)
      }
    }
  }

  @Test
  func `live events follow the beat by number and chain, and are the same in the log`()
    async throws
  {
    try await withWire(of: .alpha) { deployment, wire in
      let alpha = try await deployment.launch(.alpha).http
      try await wire.subscribing("alpha/") { tap in
        let beat = try await tap.next(beat: true).header
        try await changeSettings(5, at: alpha)
        var sequence = beat.sequence
        var chain = beat.chain
        var heard: [[Data]] = []
        for _ in 1...5 {
          let message = try await tap.next(beat: false)
          sequence += 1
          chain = wireChain(after: chain, message)
          #expect(message.header.flags == 0)
          #expect(message.header.epoch == beat.epoch)
          #expect(message.header.sequence == sequence)
          #expect(message.header.chain == chain)
          heard.append(message.frames)
        }
        let stored = try await wire.history(of: "alpha", after: beat.sequence)
        #expect(stored.map(\.frames) == heard)
      }
    }
  }

  @Test
  func `a subscriber receives the events of its prefix only`() async throws {
    try await withWire(of: .alpha) { deployment, wire in
      let alpha = try await deployment.launch(.alpha).http
      try await wire.subscribing("alpha/settings.changed/v1/", "alpha/order.approved/") { tap in
        for _ in 1...2 { _ = try await tap.next(beat: true) }
        try await changeSettings(1, at: alpha)
        #expect(try await tap.next(beat: false).topic == "alpha/settings.changed/v1/")
      }
      try await wire.subscribing("alpha/settings.changed/v2/", "alpha/order") { tap in
        _ = try await tap.next(beat: true)
        try await changeSettings(1, at: alpha)
        for _ in 1...4 { #expect(try await tap.next().header.isBeat) }
      }
    }
  }

  @Test
  func `each body is a CloudEvent that repeats topic and header`() async throws {
    try await withWire(of: .alpha, environment: .automatic) { deployment, wire in
      try await deployment.openShop()
      let order = try await deployment.order(headers: ["X-Request-ID": "ask-1"])
      try await deployment.expect("alpha/order.approved", of: order)
      let log = try await wire.history(of: "alpha")
      #expect(log.map(\.topic) == ["alpha/settings.changed/v1/", "alpha/order.approved/v2/"])
      for message in log {
        let event = try message.event
        let parts = message.topic.split(separator: "/")
        let type = parts[1]
        let version = parts[2].dropFirst()
        #expect(event.specversion == "1.0")
        #expect(event.source == "urn:eventually:alpha")
        #expect(event.type == "dev.eventually.\(type).v\(version)")
        #expect(event.dataschema == "urn:eventually:schema:\(type):\(version)")
        #expect(event.datacontenttype == "application/json")
        #expect(String(message.header.schemaVersion) == version)
        #expect(event.sequence.count == 20)
        #expect(UInt64(event.sequence) == message.header.sequence)
        #expect(event.id.wholeMatch(of: /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/) != nil)
        #expect(event.id.dropFirst(14).first == "7")
        #expect(event.traceparent.wholeMatch(of: /00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}/) != nil)
        #expect(event.time.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,6}Z/) != nil)
        #expect(hasSortedKeys(message.body))
        #expect(message.body.count <= 65_536)
      }
      #expect(try log[1].event.subject == order.id)
    }
  }

  @Test
  func `an event carries the request that triggered it, or the event that caused it`() async throws
  {
    try await withWire(of: .alpha, environment: .automatic) { deployment, wire in
      try await deployment.openShop()
      let order = try await deployment.order(headers: ["X-Request-ID": "ask-1"])
      try await deployment.expect("alpha/order.approved", of: order)
      let beta = WireClient(
        context: wire.context, events: "", log: "ipc://\(deployment.runFolder)/beta.log")
      let captured = try #require(try await beta.history(of: "beta").first)
      let capture = try captured.event
      let approval = try #require(try await wire.history(of: "alpha").last).event
      #expect(captured.topic == "beta/order.captured/v2/")
      #expect(captured.header.leastReader == 2)
      #expect(capture.requestid == "ask-1")
      #expect(capture.correlationid == "ask-1")
      #expect(capture.causationid == nil)
      #expect(capture.subject == order.id)
      #expect(approval.correlationid == "ask-1")
      #expect(approval.causationid == capture.id)
      #expect(approval.requestid == nil)
      #expect(approval.traceparent.prefix(35) == capture.traceparent.prefix(35))
    }
  }

  @Test
  func `a rejection belongs to the work of its order, and to its own request`() async throws {
    try await withWire(of: .alpha) { deployment, wire in
      try await deployment.openShop()
      let order = try await deployment.order(headers: ["X-Request-ID": "ask-1"]).id
      try await deployment[.alpha].logged("order.captured applied", order: order)
      _ = try await deployment.http(.alpha).post(
        "/api/orders/\(order)/reject", ["reason": "No."], headers: ["X-Request-ID": "no-2"])
      let log = try await wire.history(of: "alpha", after: 1)
      #expect(log.map(\.topic) == ["alpha/order.rejected/v1/", "alpha/order.finalized/v1/"])
      try #require(log.count == 2)
      let rejected = try log[0].event
      let finalized = try log[1].event
      for event in [rejected, finalized] {
        #expect(event.correlationid == "ask-1")
        #expect(event.subject == order)
      }
      #expect(rejected.requestid == "no-2")
      #expect(rejected.causationid != nil)
      #expect(finalized.requestid == nil)
      #expect(finalized.causationid == rejected.id)
    }
  }
}
