import Testing

extension Stories {
  /// Services that are away for a while, and start in any order.
  @Suite("Outages", .serialized, .timeLimit(.minutes(1)))
  struct Outages {
    @Test
    func `Charlie is down while orders are approved, and charges them when it starts`()
      async throws
    {
      try await withDeployment { deployment in
        try await deployment.start(all: [.alpha, .beta, .overlord])
        let first = try await deployment.order(price: 1001)
        try await deployment.change(fee: 333, discount: 111, heardBy: .beta)
        let second = try await deployment.order(price: 2002)
        try await deployment.change(fee: nil, discount: 7, heardBy: .beta)
        let third = try await deployment.order("test-decline-5", price: 3003)
        for order in [first, second, third] { try await deployment.approve(order) }

        try await deployment.start(.charlie)
        try await deployment.finished(first, second, third)
        try await deployment.check([(first, .charged), (second, .charged), (third, .declined)])
        let ledger = try await deployment.http(.charlie).get("/api/ledger").json
        func balance(_ account: JSON) -> Int64? {
          ledger["accounts"].list.first { $0["account"] == account }?["balance"].int
        }
        #expect(balance("cash") == 5725)
        #expect(balance("discounts") == 111)
        #expect(balance("sales") == -3003)
        #expect(balance("fees") == -2833)
      }
    }

    @Test
    func `Beta starts before Alpha, promises nothing, and takes orders once Alpha is there`()
      async throws
    {
      try await withDeployment(environment: .automatic) { deployment in
        let beta = try await deployment.start(.beta)
        for answer in [
          try await beta.http.get("/api/settings"), try await beta.http.post("/api/carts"),
        ] {
          #expect(answer.status == 503, "never a quote of zero")
          #expect(answer.header("Retry-After") != nil)
        }
        try await deployment.start(all: [.charlie, .overlord])
        try await deployment.start(.alpha)
        try await beta.logged("settings.changed applied")
        let order = try await deployment.order()
        try await deployment.finished(order)
        try await deployment.check([(order, .charged)])
      }
    }

    @Test
    func `Overlord starts last, and catches up with everything in order`() async throws {
      try await withDeployment(environment: .automatic) { deployment in
        try await deployment.start(all: [.alpha, .beta, .charlie])
        var orders: [Order] = []
        for price in 1...5 { orders.append(try await deployment.order(price: Int64(price) * 100)) }
        for order in orders {
          try await deployment.heard(.beta, "order.finalized applied", order)
        }
        try await deployment.start(.overlord)
        try await deployment.check(orders.map { ($0, .charged) })
      }
    }

    @Test
    func `A service that was stopped gets the missed events when it continues`() async throws {
      try await withDeployment(environment: .automatic) { deployment in
        try await deployment.start(all: ServiceName.allCases)
        deployment[.charlie].pause()
        let first = try await deployment.order(price: 100)
        let second = try await deployment.order(price: 200)
        try await deployment.heard(.overlord, "order.approved applied", first)
        try await deployment.heard(.overlord, "order.approved applied", second)
        deployment[.charlie].resume()
        try await deployment.finished(first, second)
        try await deployment.check([(first, .charged), (second, .charged)])
      }
    }

    @Test
    func `Each service in turn is stopped and started, and every order comes to its end`()
      async throws
    {
      try await withDeployment(environment: .automatic) { deployment in
        try await deployment.start(all: ServiceName.allCases)
        var orders: [Order] = []
        for service in ServiceName.allCases {
          orders.append(try await deployment.order())
          try await deployment.stop(service)
          if service != .beta { orders.append(try await deployment.order()) }
          try await deployment.start(service)
        }
        for order in orders { try await deployment.finished(order) }
        try await deployment.check(orders.map { ($0, .charged) })
      }
    }
  }
}
