import Testing

extension Stories {
  /// The settings, from Alpha to every service.
  @Suite("Settings", .serialized, .timeLimit(.minutes(1)))
  struct SettingsStory {
    @Test
    func `A change needs the version that was seen, and reaches every service with its history`()
      async throws
    {
      try await withDeployment { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let alpha = try await deployment.http(.alpha)
        let first = try await alpha.get("/api/settings")
        #expect(first.header("ETag") == "\"1000\"")
        let wanted = settings(fee: 100, discount: 50)
        #expect(try await alpha.put("/api/settings", wanted).status == 428)
        #expect(
          try await alpha.put("/api/settings", wanted, headers: ["If-Match": "\"999\""]).status
            == 412)
        #expect(try await alpha.get("/api/settings").body == first.body, "nothing has changed")

        let changed = try await alpha.put(
          "/api/settings", wanted, headers: ["If-Match": "\"1000\"", "X-Request-ID": "the-change"])
        #expect(changed.status == 200)
        #expect(changed.header("ETag") == "\"1001\"")
        #expect(changed.json["version"] == 1001)
        let stale = try await alpha.put(
          "/api/settings", settings(fee: 1, discount: 1), headers: ["If-Match": "\"1000\""])
        #expect(stale.status == 412)
        let equal = try await alpha.put(
          "/api/settings", wanted, headers: ["If-Match": "\"1001\""])
        #expect(equal.json["version"] == 1001, "equal values make no new version")
        let euros = try await alpha.put(
          "/api/settings", settings(fee: 1, discount: 1, currency: "EUR"),
          headers: ["If-Match": "\"1001\""])
        #expect(euros.status == 422)

        try await deployment.quiet()
        for service in [ServiceName.beta, .charlie] {
          let copy = try await deployment.http(service).get("/api/settings")
          #expect(copy.json == changed.json, "\(service)")
        }
        let history = try await alpha.get("/api/settings/history").json["settings"]
        #expect(history.list.map { $0["version"] } == [1001, 1000])
        #expect(history[0]["requestId"] == "the-change")
        let events = try await deployment.events("type=settings.changed")
        #expect(events.map { $0.data["version"] } == [1000, 1001])
        #expect(events.last?.requestID == "the-change")
        #expect(events.last?.correlationID == "the-change")
        try await deployment.check([])
      }
    }

    @Test
    func `A change that Alpha has answered outlives its crash, and reaches every service`()
      async throws
    {
      try await withDeployment { deployment in
        try await deployment.start(all: ServiceName.allCases)
        // A stopped service cannot have received it before the crash.
        deployment[.beta].pause()
        try await deployment.change(fee: 4200, discount: nil)
        try await deployment[.alpha].kill()
        deployment[.beta].resume()

        try await deployment.start(.alpha)
        let kept = try await deployment.http(.alpha).get("/api/settings").json
        #expect(kept["version"] == 1001)
        try await deployment.quiet()
        #expect(try await deployment.http(.beta).get("/api/settings").json == kept)
        #expect(try await deployment.http(.charlie).get("/api/settings").json == kept)
        try await deployment.check([])
      }
    }

    @Test
    func `Beta quotes from its own copy while Alpha is down`() async throws {
      try await withDeployment(environment: .automatic) { deployment in
        try await deployment.start(all: ServiceName.allCases)
        try await deployment.stop(.alpha)
        let order = try await deployment.order()
        #expect(order.cart.quote.fee == 2500)
        try await deployment[.beta].kill()
        try await deployment.start(.beta)
        #expect(try await deployment.openCart().quote.fee == 2500, "the copy is its own")
        try await deployment.start(.alpha)
        try await deployment.finished(order)
        try await deployment.check([(order, .charged)])
      }
    }
  }
}
