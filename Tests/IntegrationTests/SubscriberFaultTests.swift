import Testing
import ZeroMQ

extension Stories {
  /// A subscriber that takes what it is sent not at all, or far too late.
  @Suite("Subscriber faults", .serialized, .timeLimit(.minutes(2)))
  struct SubscriberFaults {
    /// The prefixes that the stuck subscriber adds to its own.
    ///
    /// Each of them gets a beat every second, which fills the queue that Alpha keeps for it. All
    /// followers of `alpha/` get these beats too, and skip them.
    private static let prefixes = (1...1_000).map { number in
      "alpha/" + String(repeating: "x", count: 200) + "\(number)"
    }

    @Test
    func `a subscriber that never reads costs little, takes nothing from others, and sees its gap`()
      async throws
    {
      try await withDeployment { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let alpha = deployment[.alpha]
        let told = ServiceName.allCases.map { deployment.lines($0).count }
        let demand = try await deployment.underLoad { load in
          try await load.progress(20)
          let before = try alpha.residentBytes
          let stuck = try WirePeer(deployment.runFolder + "/alpha.events")
          await stuck.greet(as: "SUB")
          await stuck.subscribe("alpha/")
          for prefix in Self.prefixes { stuck.frame([1] + Array(prefix.utf8)) }
          try await deployment.hearBeats(8, of: .alpha)
          try await load.progress(20)
          let more = try alpha.residentBytes - before
          #expect(more < 16 << 20, "what is kept for it is bounded")

          // When it reads at last, it gets the queued messages, and then the position of the
          // stream.
          let bus = try await alpha.http.get("/api/bus").json
          let head = UInt64(try #require(bus["stream"]["head"].int))
          let heard = await stuck.messages {
            $0.topic == "alpha/~beat/" && $0.header.sequence >= head
          }
          let events = heard.count { !$0.header.isBeat }
          let first = try #require(heard.first).header
          let start = first.isBeat ? first.sequence : first.sequence - 1
          let end = try #require(heard.last).header.sequence
          #expect(UInt64(events) < end - start, "by number it can tell")
        }
        try await deployment.check(demand)
        for (service, count) in zip(ServiceName.allCases, told) {
          let lines = deployment.lines(service).dropFirst(count)
          #expect(!lines.contains { $0.message.hasPrefix("no message from") })
        }
      }
    }
  }
}

extension Deployment {
  /// Waits for so many beats to the followers of a stream: as many seconds.
  fileprivate func hearBeats(_ count: Int, of stream: ServiceName) async throws {
    let context = try Context()
    let path = "ipc://\(runFolder)/\(stream)"
    let client = WireClient(context: context, events: path + ".events", log: path + ".log")
    try await client.subscribing("\(stream)/") { tap in
      for _ in 0..<count {
        while try await tap.next().topic != "\(stream)/~beat/" {}
      }
    }
    await context.close()
  }
}
