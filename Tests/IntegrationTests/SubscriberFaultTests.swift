import Testing

extension Stories {
  /// A subscriber that takes what it is sent not at all, or far too late.
  @Suite("Subscriber faults", .serialized, .timeLimit(.minutes(2)))
  struct SubscriberFaults {
    /// How many events are published while it does not read: more than Alpha keeps for it, and the
    /// kernel on the way.
    private static let events = 6_500

    @Test
    func `a subscriber that never reads costs little, takes nothing from others, and sees its gap`()
      async throws
    {
      try await withDeployment { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let alpha = deployment[.alpha]
        let told = ServiceName.allCases.map { deployment.lines($0).count }
        var demand = try await deployment.underLoad { load in
          try await load.progress(20)
          let before = try alpha.residentBytes
          let stuck = try WirePeer(deployment.runFolder + "/alpha.events")
          await stuck.greet(as: "SUB")
          await stuck.subscribe("alpha/")
          try await changeSettings(Self.events, byManyAt: try await alpha.http)
          try await load.progress(1)
          let more = try alpha.residentBytes - before
          #expect(more < 16 << 20, "what is kept for it is bounded")

          // When it reads at last, it hears what was kept for it, and then where the stream is.
          let bus = try await alpha.http.get("/api/bus").json
          let head = UInt64(try #require(bus["stream"]["head"].int))
          let heard = await stuck.messages {
            $0.topic == "alpha/~beat/" && $0.header.sequence >= head
          }
          let events = heard.filter { !$0.header.isBeat }.map(\.header.sequence)
          let end = try #require(heard.last).header.sequence
          #expect(UInt64(events.count) < end - (events.first ?? end), "by number it can tell")
        }
        // The events that fill the queue are changes of the settings, which this story does not count.
        demand.changes = nil
        try await deployment.check(demand)
        for (service, count) in zip(ServiceName.allCases, told) {
          let lines = deployment.lines(service).dropFirst(count)
          #expect(!lines.contains { $0.message.hasPrefix("nothing is heard") })
        }
      }
    }
  }
}
