import Testing

extension Stories {
  /// Daemons that are killed in the middle of an order, and started again.
  @Suite("Crashes", .serialized, .timeLimit(.minutes(1)))
  struct Crashes {
    @Test
    func `Alpha is killed between capture and approval`() async throws {
      try await withDeployment { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let order = try await deployment.order()
        try await deployment.heard(.alpha, "order.captured applied", order)
        try await deployment[.alpha].kill()

        try await deployment.start(.alpha)
        #expect(try await deployment.alphaOrder(order)["state"] == "captured")
        try await deployment.approve(order)
        try await deployment.finished(order)
        try await deployment.check([(order, .charged)])
      }
    }

    @Test
    func `Alpha is killed before it receives the order, and approves it when it is back`()
      async throws
    {
      try await withDeployment(environment: .automatic) { deployment in
        try await deployment.start(all: ServiceName.allCases)
        try await deployment[.alpha].kill()
        let order = try await deployment.order()

        try await deployment.start(.alpha)
        try await deployment.finished(order)
        try await deployment.check([(order, .charged)])
      }
    }

    @Test
    func `Alpha is killed between approval and finalize`() async throws {
      try await withDeployment { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let order = try await deployment.order()
        // Charlie stands still, so nothing is charged before Alpha is gone.
        deployment[.charlie].pause()
        try await deployment.approve(order)
        try await deployment[.alpha].kill()
        deployment[.charlie].resume()

        try await deployment.start(.alpha)
        try await deployment.finished(order)
        try await deployment.check([(order, .charged)])
      }
    }

    @Test
    func `Alpha is killed while Charlie charges, and finalizes when it is back`() async throws {
      try await withDeployment { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let books = try GatewayBooks(deployment)
        let order = try await deployment.order("test-slow-60000")
        try await deployment.approve(order)
        try await books.hasCharged(order)
        try await deployment[.alpha].kill()
        // The gateway has charged, and answers so at once when it is asked again.
        try await deployment[.charlie].kill()
        try await deployment.start(.charlie)
        try await deployment.heard(.charlie, "order.charged emitted", order)

        try await deployment.start(.alpha)
        try await deployment.finished(order)
        try await deployment.check([(order, .charged)])
      }
    }

    @Test
    func `Beta is killed while a cart is in flight`() async throws {
      try await withDeployment { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let order = try await deployment.order()
        try await deployment[.beta].kill()

        try await deployment.start(.beta)
        let inFlight = try await deployment.betaCart(order.cart)
        #expect(inFlight["state"] == "inFlight")
        #expect(inFlight["orderId"].text == order.id)
        let again = try await deployment.checkOut(order.cart)
        #expect(again.status == 409)
        #expect(again.json["orderId"].text == order.id)

        try await deployment.approve(order)
        try await deployment.finished(order)
        #expect(try await deployment.betaCart(order.cart)["state"] == "open")
        try await deployment.check([(order, .charged)])
      }
    }

    @Test
    func `Beta is killed, and its cart opens when it is back after the order's end`() async throws {
      try await withDeployment { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let order = try await deployment.order()
        try await deployment.heard(.alpha, "order.captured applied", order)
        try await deployment[.beta].kill()
        try await deployment.approve(order)
        try await deployment.heard(.overlord, "order.finalized applied", order)

        try await deployment.start(.beta)
        try await deployment.finished(order)
        try await deployment.check([(order, .charged)])
      }
    }

    @Test
    func `Charlie is killed between the gateway's answer and its own commit`() async throws {
      try await withDeployment { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let books = try GatewayBooks(deployment)
        // The gateway charges at once, and answers a minute later.
        let order = try await deployment.order("test-slow-60000")
        try await deployment.approve(order)
        try await books.hasCharged(order)
        #expect(try await deployment.charge(order)["state"] == "intended", "shown as pending")
        try await deployment[.charlie].kill()
        #expect(!deployment.lines(.charlie).contains { $0.message == "order.charged emitted" })

        try await deployment.start(.charlie)
        try await deployment.finished(order)
        let charges = try books.charges()
        #expect(charges.count == 1)
        #expect(charges.first?.attempts == 2, "asked again, with the same key")
        try await deployment.check([(order, .charged)])
      }
    }

    @Test
    func `Overlord is killed, and has everything once and in order when it is back`() async throws {
      try await withDeployment(environment: .automatic) { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let first = try await deployment.order(price: 100)
        try await deployment[.overlord].kill()
        let second = try await deployment.order(price: 200)
        try await deployment.heard(.beta, "order.finalized applied", first)
        try await deployment.heard(.beta, "order.finalized applied", second)

        try await deployment.start(.overlord)
        try await deployment.check([(first, .charged), (second, .charged)])
      }
    }

    @Test
    func `All four are killed at once in the middle of many orders`() async throws {
      try await withDeployment(environment: .automatic) { deployment in
        try await deployment.start(all: ServiceName.allCases)
        var orders: [Order] = []
        for price in 1...12 { orders.append(try await deployment.order(price: Int64(price) * 100)) }
        for service in ServiceName.allCases { deployment[service].child.signal(9) }
        for service in ServiceName.allCases { try await deployment[service].kill() }

        try await deployment.start(all: ServiceName.allCases)
        for order in orders { try await deployment.finished(order) }
        try await deployment.check(orders.map { ($0, .charged) })
      }
    }
  }
}
