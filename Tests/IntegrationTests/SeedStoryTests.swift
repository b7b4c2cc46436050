import PostgreSQLServer
import Testing

/// The processes on which the seed story runs.
enum Staging: String, CaseIterable, CustomTestStringConvertible {
  /// One process of each service, with its journal in a file.
  case alone
  /// Two replicas of each service on PostgreSQL, each request to another one than the last.
  case replicas

  var testDescription: String { rawValue }

  /// Those that can run here.
  static let all = PostgreSQLServer.missing == nil ? allCases : [.alone]

  /// Gives a story the running services.
  func tell(
    _ environment: [String: String] = [:], _ story: (Deployment) async throws -> Void
  ) async throws {
    guard self == .replicas else {
      return try await withDeployment(environment: environment) { deployment in
        try await deployment.start(all: ServiceName.allCases)
        try await story(deployment)
      }
    }
    let server = try PostgreSQLServer()
    defer { server.remove() }
    try await withDeployment(environment: environment, journalsOn: server) { deployment in
      for replica in Deployment.replicas { try await deployment.start(replica: replica) }
      deployment.alternateReplicas()
      try await story(deployment)
    }
  }
}

extension Stories {
  /// The five points of the mission, over the real programs.
  @Suite("The seed story", .serialized, .timeLimit(.minutes(2)))
  struct SeedStory {
    @Test(arguments: Staging.all)
    func `Change events`(staging: Staging) async throws {
      try await staging.tell { deployment in
        for service in [ServiceName.beta, .charlie] {
          let copy = try await deployment.http(service).get("/api/settings").json
          #expect(copy["version"] == 1000)
          #expect(copy["currency"] == "USD")
          #expect(copy["fee"] == ["enabled": true, "amount": 2500])
          #expect(copy["discount"] == ["enabled": false, "amount": 1000])
        }
        let before = try await deployment.openCart()
        #expect((before.quote.fee, before.quote.discount) == (2500, 0))

        try await deployment.change(fee: nil, discount: 300, heardBy: .beta)
        let after = try await deployment.openCart()
        #expect(after.quote.settingsVersion == 1001)
        #expect((after.quote.fee, after.quote.discount) == (0, 300))
        try await deployment.quiet()
        for service in [ServiceName.beta, .charlie] {
          let answer = try await deployment.http(service).get("/api/settings")
          #expect(answer.header("ETag") == "\"1001\"")
          #expect(answer.json["fee"]["enabled"] == false)
          #expect(answer.json["discount"] == ["enabled": true, "amount": 300])
        }
        try await deployment.check([])
      }
    }

    @Test(arguments: Staging.all)
    func `Transition events`(staging: Staging) async throws {
      try await staging.tell { deployment in
        let order = try await deployment.order(price: 1000)
        let inFlight = try await deployment.betaCart(order.cart)
        #expect(inFlight["state"] == "inFlight")
        #expect(inFlight["orderId"].text == order.id)
        try await deployment.heard(.alpha, "order.captured applied", order)
        #expect(try await deployment.alphaOrder(order)["state"] == "captured")

        let approved = try await deployment.approve(order)
        #expect(["approved", "finalized"].contains(approved.json["state"].text))
        try await deployment.finished(order)
        let open = try await deployment.betaCart(order.cart)
        #expect(open["state"] == "open")
        #expect(open["orderId"].isNull)
        #expect(open["quote"]["id"].text != order.cart.quote.id, "a new quote for a new order")

        let types = try await deployment.events(of: order).map(\.type)
        let steps = ["captured", "approved", "charged", "finalized"].map { "order.\($0)" }
        #expect(types.sorted() == steps.sorted(), "between streams there is no order")
        try await deployment.check([(order, .charged)])
      }
    }

    @Test(arguments: Staging.all)
    func `Both`(staging: Staging) async throws {
      try await staging.tell { deployment in
        let cart = try await deployment.openCart()
        try await deployment.change(fee: 9900, discount: 1, heardBy: .beta)
        let order = try await deployment.order(price: 1000, cart: cart)
        try await deployment.approve(order)
        try await deployment.finished(order)

        // The promise was made under version 1000, and is kept under version 1001.
        #expect(order.total == 3500)
        let atAlpha = try await deployment.alphaOrder(order)
        #expect(atAlpha["settingsVersion"] == 1000)
        #expect(atAlpha["fee"]["amount"] == 2500)
        #expect(atAlpha["total"]["amount"] == 3500)
        try await deployment.check([(order, .charged)])
        let report = try await deployment.http(.charlie).get("/api/ledger/fees").json
        let lines = Dictionary(
          report["fees"].list.map { ($0["settingsVersion"].int, $0) }, uniquingKeysWith: { $1 })
        #expect(lines[1000]?["state"] == "matched")
        #expect(lines[1000]?["fee"]["amount"] == 2500)
        #expect(lines[1000]?["orders"] == 1)
        #expect(lines[1000]?["collected"]["amount"] == 2500)
        #expect(lines[1001]?["fee"]["amount"] == 9900)
        #expect(lines[1001]?["orders"] == 0)
        #expect(report["unknown"] == [])
      }
    }

    @Test(arguments: Staging.all)
    func `Shared, versioned payloads`(staging: Staging) async throws {
      try await staging.tell(.automatic) { deployment in
        let order = try await deployment.order(price: 1234)
        try await deployment.finished(order)
        let versions = [
          "settings.changed": 1, "order.captured": 2, "order.approved": 2, "order.charged": 1,
          "order.finalized": 1,
        ]
        let events = try await deployment.events()
        #expect(Set(events.map(\.type)) == Set(versions.keys))
        for event in events {
          let version = try #require(versions[event.type])
          #expect(event.topic == "\(event.stream)/\(event.type)/v\(version)/")
          #expect(event.event["specversion"] == "1.0")
          #expect(event.event["type"].text == "dev.eventually.\(event.type).v\(version)")
          #expect(event.event["source"].text == "urn:eventually:\(event.stream)")
          #expect(
            event.event["dataschema"].text == "urn:eventually:schema:\(event.type):\(version)")
          let digits = String(event.sequence)
          let padding = String(repeating: "0", count: 20 - digits.count)
          #expect(event.event["sequence"].text == padding + digits)
        }
        let captured = try #require(try await deployment.events("order.captured", of: order).first)
        #expect(
          captured.data == [
            "orderId": JSON(stringLiteral: order.id),
            "cartId": JSON(stringLiteral: order.cart.id),
            "product": "widget", "price": ["amount": 1234, "currency": "USD"],
            "promise": [
              "quoteId": JSON(stringLiteral: order.cart.quote.id), "settingsVersion": 1000,
              "fee": ["amount": 2500, "currency": "USD"],
              "discount": ["amount": 0, "currency": "USD"],
            ],
          ])
        try await deployment.check([(order, .charged)])
      }
    }

    @Test(arguments: Staging.all)
    func `Correlation`(staging: Staging) async throws {
      try await staging.tell { deployment in
        let id = "checkout-of-a-test"
        let cart = try await deployment.openCart()
        let answer = try await deployment.checkOut(cart, headers: ["X-Request-ID": id])
        #expect(answer.header("X-Request-ID") == id)
        let order = Order(
          id: answer.json["orderId"].text, cart: cart, price: 1000, requestID: id)
        let approval = try await deployment.approve(order, headers: ["X-Request-ID": "approval-1"])
        #expect(approval.header("X-Request-ID") == "approval-1")
        try await deployment.finished(order)

        let events = try await deployment.events("request=\(id)")
        #expect(Set(events.map(\.subject)) == [order.id])
        #expect(events.allSatisfy { $0.correlationID == id })
        let byType = Dictionary(events.map { ($0.type, $0) }, uniquingKeysWith: { $1 })
        #expect(byType.count == 4)
        #expect(byType["order.captured"]?.requestID == id)
        #expect(byType["order.captured"]?.causationID == nil)
        #expect(byType["order.approved"]?.requestID == "approval-1")
        #expect(byType["order.approved"]?.causationID == byType["order.captured"]?.id)
        #expect(byType["order.charged"]?.causationID == byType["order.approved"]?.id)
        #expect(byType["order.finalized"]?.causationID == byType["order.charged"]?.id)
        #expect(
          Set(try await deployment.events("request=approval-1").map(\.type)).contains(
            "order.approved"))
        try await deployment.check([(order, .charged)])
        checkLogs(deployment, order)
      }
    }

    /// One query by the correlation id finds the work of every service.
    private func checkLogs(_ deployment: Deployment, _ order: Order) {
      func lines(_ service: ServiceName) -> [OutputLine] {
        deployment.lines(service).filter { $0.correlationID == order.requestID }
      }
      for service in ServiceName.allCases {
        #expect(!lines(service).isEmpty, "\(service) logs the work under its id")
        let aboutOrder = deployment.lines(service).filter { $0.orderID == order.id }
        #expect(aboutOrder.allSatisfy { $0.correlationID == order.requestID }, "\(service)")
      }
      let checkout = lines(.beta).first { $0.action == "http-request" }
      #expect(checkout?.requestID == order.requestID)
      let approval = lines(.alpha).first { $0.action == "http-request" }
      #expect(approval?.requestID == "approval-1", "the approval belongs to the order's work")
      for line in lines(.charlie) + lines(.overlord) where line.message.hasSuffix(" applied") {
        #expect(line.requestID == nil, "no HTTP request's own work: \(line)")
      }
    }
  }
}
