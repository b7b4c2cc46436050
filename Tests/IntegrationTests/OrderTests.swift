import Testing

extension Stories {
  /// The ways that orders go, alone and beside one another.
  @Suite("Orders", .serialized, .timeLimit(.minutes(1)))
  struct Orders {
    @Test
    func `The same checkout sent twice at once makes one order`() async throws {
      try await withDeployment { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let cart = try await deployment.openCart()
        async let one = deployment.checkOut(cart)
        async let other = deployment.checkOut(cart)
        let answers = [try await one, try await other].sorted { $0.status < $1.status }
        #expect(answers.map(\.status) == [202, 409])
        #expect(answers[0].json["orderId"] == answers[1].json["orderId"])
        let order = Order(
          id: answers[0].json["orderId"].text, cart: cart, price: 1000,
          requestID: answers[0].header("X-Request-ID") ?? "")
        try await deployment.approve(order)
        try await deployment.finished(order)

        let late = try await deployment.checkOut(cart)
        #expect(late.status == 422, "the quote has served its order")
        try await deployment.check([(order, .charged)])
      }
    }

    @Test
    func `The same checkout sent twice at once under one key gives one answer twice`()
      async throws
    {
      try await withDeployment { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let cart = try await deployment.openCart()
        let key = ["Idempotency-Key": "a-key"]
        async let one = deployment.checkOut(cart, headers: key)
        async let other = deployment.checkOut(cart, headers: key)
        let answers = [try await one, try await other]
        #expect(answers.map(\.status) == [202, 202])
        #expect(answers[0].body == answers[1].body)
        let replayed = answers.filter { $0.header("Idempotency-Replayed") == "true" }
        #expect(replayed.count == 1)
        let first = try #require(answers.first { $0.header("Idempotency-Replayed") == nil })
        let order = Order(
          id: first.json["orderId"].text, cart: cart, price: 1000,
          requestID: first.header("X-Request-ID") ?? "")
        try await deployment.approve(order)
        try await deployment.finished(order)

        let late = try await deployment.checkOut(cart, headers: key)
        #expect(late.status == 202)
        #expect(late.json["orderId"].text == order.id)
        let changed = try await deployment.checkOut(cart, price: 1, headers: key)
        #expect(changed.status == 422, "the same key with another body")
        try await deployment.check([(order, .charged)])
      }
    }

    @Test
    func `Two orders whose events interleave stay apart`() async throws {
      try await withDeployment { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let one = try await deployment.order(price: 100)
        let other = try await deployment.order(price: 200)
        try await deployment.approve(other)
        try await deployment.finished(other)
        try await deployment.approve(one)
        try await deployment.finished(one)
        #expect(one.requestID != other.requestID)

        func steps(_ stream: String) async throws -> [JSON] {
          try await deployment.events("stream=\(stream)")
            .filter { $0.type != "settings.changed" }.map {
              [$0.event["type"], $0.event["subject"]]
            }
        }
        let first = JSON(stringLiteral: one.id)
        let second = JSON(stringLiteral: other.id)
        #expect(
          try await steps("beta") == [
            ["dev.eventually.order.captured.v2", first],
            ["dev.eventually.order.captured.v2", second],
          ])
        #expect(
          try await steps("alpha") == [
            ["dev.eventually.order.approved.v2", second],
            ["dev.eventually.order.finalized.v1", second],
            ["dev.eventually.order.approved.v2", first],
            ["dev.eventually.order.finalized.v1", first],
          ])
        try await deployment.check([(one, .charged), (other, .charged)])
      }
    }

    @Test
    func `Many customers at once get each their own order`() async throws {
      try await withDeployment(environment: .automatic) { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let orders = try await withThrowingTaskGroup(of: Order.self) { group in
          for price in 1...16 {
            group.addTask { try await deployment.order(price: Int64(price) * 101) }
          }
          return try await group.reduce(into: []) { $0.append($1) }
        }
        for order in orders { try await deployment.finished(order) }
        try await deployment.check(orders.map { ($0, .charged) })
      }
    }

    @Test
    func `One cart serves one order after another`() async throws {
      try await withDeployment(environment: .automatic) { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let first = try await deployment.order()
        try await deployment.finished(first)
        let open = try await deployment.betaCart(first.cart)
        let cart = Cart(id: first.cart.id, quote: try Quote(open["quote"]))
        let second = try await deployment.order(price: 5, cart: cart)
        try await deployment.finished(second)
        try await deployment.check([(first, .charged), (second, .charged)])
      }
    }

    @Test
    func `A rejected order is finalized, is not charged, and opens the cart`() async throws {
      try await withDeployment { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let order = try await deployment.order()
        try await deployment.heard(.alpha, "order.captured applied", order)
        let alpha = try await deployment.http(.alpha)
        let path = "/api/orders/\(order.id)"
        let answer = try await alpha.post("\(path)/reject", ["reason": "out of stock"])
        #expect(answer.status == 200)
        #expect(answer.json["reason"] == "out of stock")
        try await deployment.finished(order)
        #expect(try await alpha.post("\(path)/reject", ["reason": "again"]).status == 200)
        #expect(try await alpha.post("\(path)/approve").status == 409)
        let charge = try await deployment.http(.charlie).get("/api/charges/\(order.id)")
        #expect(charge.status == 404)
        try await deployment.check([(order, .rejected)])
      }
    }

    @Test
    func `A declined order is finalized, books nothing, and opens the cart`() async throws {
      try await withDeployment(environment: .automatic) { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let order = try await deployment.order("test-decline-51")
        try await deployment.finished(order)
        let charge = try await deployment.charge(order)
        #expect(charge["code"] == "51")
        let declined = try await deployment.events("order.declined", of: order)
        #expect(declined.first?.data["code"] == "51")
        let entries = try await deployment.http(.charlie).get("/api/ledger/entries")
        #expect(entries.json["entries"] == [])
        try await deployment.check([(order, .declined)])
      }
    }

    @Test
    func `A gateway that fails twice charges once`() async throws {
      try await withDeployment(environment: .automatic) { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let books = try GatewayBooks(deployment)
        let order = try await deployment.order("test-fail-2")
        try await deployment.finished(order)
        let charges = try books.charges()
        #expect(charges.map(\.answer) == ["charged"])
        #expect(charges.first?.attempts == 3)
        let warnings = deployment.lines(.charlie).filter {
          $0.level == "warning" && $0.orderID == order.id
        }
        #expect(warnings.count == 2)
        #expect(warnings.allSatisfy { $0.correlationID == order.requestID })
        try await deployment.check([(order, .charged)])
      }
    }

    @Test
    func `A total of zero is charged without the gateway`() async throws {
      try await withDeployment(environment: .automatic) { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let books = try GatewayBooks(deployment)
        try await deployment.change(fee: 500, discount: 10_000, heardBy: .beta)
        let order = try await deployment.order(price: 1000)
        #expect(order.total == 0)
        try await deployment.finished(order)
        #expect(try books.charges().isEmpty)
        // The discount that was given is no more than what there was to pay.
        #expect(try await deployment.alphaOrder(order)["discount"]["amount"] == 1500)
        try await deployment.check([(order, .charged)])
      }
    }
  }
}
