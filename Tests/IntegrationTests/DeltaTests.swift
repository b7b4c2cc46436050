import Glibc
import Testing

extension Stories {
  /// The service that the tutorial “Add a service” builds, beside the four.
  @Suite("A service of another team", .serialized, .timeLimit(.minutes(1)))
  struct Delta {
    @Test
    func `Delta packs a charged order and ships it once`() async throws {
      try await withDeployment(environment: .withDelta) { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let delta = try await deployment.startDelta()
        let order = try await deployment.order("lamp")
        try await deployment.expect("delta/parcel.packed", of: order)
        let parcel = try await delta.parcel(order)
        #expect(parcel["product"] == "lamp")
        #expect(parcel["requestId"].text == order.requestID)

        for _ in 1...2 {
          let answer = try await delta.http.post("/api/parcels/\(order.id)/ship")
          #expect(answer.status == 200, "\(answer)")
          #expect(answer.json["state"] == "shipped")
        }
        for type in ["parcel.packed", "parcel.shipped"] {
          let said = try await deployment.said(type, by: delta)
          #expect(said.map { $0["event"]["data"]["orderId"].text } == [order.id], "\(said)")
          #expect(said.first?["event"]["correlationid"].text == order.requestID, "\(said)")
        }
        try await deployment.finished(order)
        try await deployment.check([(order, .charged)])
      }
    }

    @Test
    func `Delta is killed, and packs what was charged meanwhile when it is back`() async throws {
      try await withDeployment(environment: .withDelta) { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let first = try await deployment.startDelta()
        let before = try await deployment.order(price: 100)
        try await first.logged("parcel.packed emitted", before)
        let during = try await deployment.order(price: 200)
        try await first.kill()
        let after = try await deployment.order(price: 300)
        try await deployment.finished(during, after)

        let second = try await deployment.startDelta()
        try await second.logged("parcel.packed emitted", after)
        let orders = [before, during, after].map(\.id).sorted()
        #expect(try await second.packedOrders() == orders)
        let said = try await deployment.said("parcel.packed", by: second)
        #expect(said.map { $0["event"]["data"]["orderId"].text }.sorted() == orders)
      }
    }

    @Test
    func `Delta starts late, reads the logs from their start, and acknowledges them`()
      async throws
    {
      try await withDeployment(environment: .withDelta) { deployment in
        try await deployment.start(all: ServiceName.allCases)
        var orders: [Order] = []
        for price in 1...3 { orders.append(try await deployment.order(price: Int64(price) * 100)) }
        try await deployment.finished(orders)

        let delta = try await deployment.startDelta()
        for order in orders { try await delta.logged("parcel.packed emitted", order) }
        #expect(try await delta.packedOrders() == orders.map(\.id).sorted())

        let bus = try await delta.http.get("/api/bus").json
        #expect(bus["stream"]["name"] == "delta")
        #expect(bus["stream"]["head"] == 3)
        #expect(bus["subscriptions"].list.map { $0["stream"].text } == ["alpha", "charlie"])
        #expect(bus["deadLetters"] == 0)
        let letters = try await delta.http.get("/api/dead-letters").json
        #expect(letters["deadLetters"].list == [])
        // Its acknowledgement comes a moment after what it has applied.
        for service in [ServiceName.alpha, .charlie] {
          let http = try await deployment.http(service)
          var cursor: Int64?
          while cursor ?? 0 == 0 {
            let consumers = try await http.get("/api/bus").json["consumers"].list
            cursor = try #require(consumers.first { $0["name"] == "delta" })["cursor"].int
          }
        }
        delta.child.signal(SIGTERM)
        #expect(try await delta.child.ending() == .exited(0))
      }
    }
  }
}

extension [String: String] {
  /// Alpha approves by itself, and the services that Delta follows keep their events for it.
  fileprivate static let withDelta = [
    "ALPHA_APPROVAL": "automatic", "ALPHA_CONSUMERS": "beta,charlie,overlord,delta",
    "CHARLIE_CONSUMERS": "alpha,overlord,delta",
  ]
}
