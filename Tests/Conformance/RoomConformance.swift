import Alpha
import Beta
import Daemon
import Events
import Foundation
import HTTPTypes
import Overlord
import RoomTesting
import Testing

@testable import Charlie
@testable import Journal

/// The rooms answer alike on each engine: one story, and every list and page after it.
@Suite("Rooms", .timeLimit(.minutes(2)))
struct RoomConformance {
  /// The services of a story, each with its journal in a database of its own.
  private struct System {
    let databases: [TestDatabase]
    let alpha: ServiceHarness
    let beta: ServiceHarness
    let charlie: ServiceHarness
    let overlord: ServiceHarness

    init(_ engine: TestedEngine) throws {
      databases = try (0..<4).map { _ in try TestDatabase(engine) }
      alpha = try ServiceHarness(
        AlphaRoom.self, values: ["approval": "automatic"], journal: databases[0].place)
      beta = try ServiceHarness(BetaRoom.self, journal: databases[1].place)
      charlie = try ServiceHarness(CharlieRoom.self, journal: databases[2].place)
      overlord = try ServiceHarness(OverlordRoom.self, journal: databases[3].place)
    }

    /// Hands the events of a service to others, as far as they do not have them.
    func deliver(_ source: ServiceHarness, to targets: ServiceHarness...) throws {
      let stream = source.journal.stream
      for target in targets {
        let cursor = try target.journal.read { try $0.cursor(of: stream) }
        let records = try source.journal.read {
          try $0.records(after: cursor.sequence, limit: 500)
        }
        for record in records { try target.receive(record) }
      }
    }

    /// Places orders, has them charged or declined, and changes the settings in between.
    func play() throws {
      try deliver(alpha, to: beta, charlie, overlord)
      for number in 1...4 {
        try order("thing \(number) “ä” %_!", price: Int64(number) * 1_000)
        guard number == 2 else { continue }
        let change = alpha.put(
          "/api/settings",
          json: """
            {"currency": "USD", "fee": {"enabled": true, "amount": 100},
            "discount": {"enabled": true, "amount": 50}}
            """, ifMatch: "\"1000\"")
        #expect(change.status == .ok)
        try deliver(alpha, to: beta, charlie, overlord)
      }
    }

    private func order(_ product: String, price: Int64) throws {
      for harness in [alpha, beta, charlie, overlord] {
        harness.clock.advance(microseconds: 1_000_000)
      }
      let cart = beta.post("/api/carts", request: "cart-\(price)")
      let id = try #require(cart.string("id"))
      let quote = try #require(cart.string("quote.id"))
      let body = """
        {"quoteId": "\(quote)", "product": "\(product)", "price": {"amount": \(price), \
        "currency": "USD"}}
        """
      let target = "/api/carts/\(id)/checkout"
      let placed = beta.post(target, json: body, key: "key-\(price)", request: "order-\(price)")
      #expect(placed.status == .accepted, "\(String(decoding: placed.body, as: UTF8.self))")
      let repeated = beta.post(target, json: body, key: "key-\(price)")
      #expect(repeated.body == placed.body)
      let order = try #require(placed.string("orderId").flatMap { Identifier($0) })
      try deliver(beta, to: alpha, overlord)
      try deliver(alpha, to: charlie, overlord)
      try charlie.journal.write { transaction in
        try transaction.settle(
          order, with: price == 3_000 ? .declined(code: "no", reason: "No.") : .charged)
      }
      try deliver(charlie, to: alpha, overlord)
      try deliver(alpha, to: beta, charlie, overlord)
    }

    /// Everything that can be read, with its answer.
    func answers() throws -> [String: String] {
      let orders = alpha.get("/api/orders?limit=2")
      let order = try #require(orders.string("orders.0.id"))
      let cart = try #require(orders.string("orders.0.cartId"))
      let next = try #require(orders.string("next"))
      let targets: [(ServiceHarness, [String])] = [
        (
          alpha,
          [
            "/", "/pane", "/settings", "/orders/\(order)", "/api/settings",
            "/api/settings/history",
            "/api/orders", "/api/orders?state=charged", "/api/orders?state=declined",
            "/api/orders?before=\(next)", "/api/orders/\(order)", "/api/bus",
          ]
        ),
        (
          beta,
          ["/", "/pane", "/carts/\(cart)", "/api/settings", "/api/carts/\(cart)", "/api/bus"]
        ),
        (
          charlie,
          [
            "/", "/ledger", "/fees", "/charges.csv", "/ledger.csv", "/fees.csv", "/api/settings",
            "/api/charges", "/api/charges/\(order)", "/api/ledger", "/api/ledger/entries",
            "/api/ledger/entries?order=\(order)", "/api/ledger/fees", "/api/bus",
          ]
        ),
        (
          overlord,
          [
            "/", "/events", "/health", "/traces/order-1000", "/events?search=\(order.suffix(8))",
            "/events?search=order.charged", "/api/events?limit=500", "/api/events?after=3&limit=2",
            "/api/events?request=order-2000&type=order.captured&stream=beta",
            "/api/events?subject=\(order)&stream=alpha", "/api/traces/order-4000", "/api/bus",
          ]
        ),
      ]
      var answers: [String: String] = [:]
      for (harness, targets) in targets {
        for target in targets {
          let answer = harness.get(target)
          let name = "\(harness.journal.stream) \(target)"
          #expect(answer.status == .ok, "\(name)")
          answers[name] = String(decoding: answer.body, as: UTF8.self)
        }
      }
      return answers
    }

    func close() throws {
      for check in CharlieRoom.checks {
        #expect(try charlie.journal.read { try check.findings($0) } == [], "\(check.name)")
      }
      for harness in [alpha, beta, charlie, overlord] {
        #expect(try harness.journal.read { try $0.deadLetterCount() } == 0)
        try harness.journal.close()
      }
    }
  }

  @Test func `every list and page is the same on each engine`() throws {
    var expected: [String: String] = [:]
    for engine in TestedEngine.all {
      let system = try System(engine)
      try system.play()
      let answers = try system.answers()
      try system.close()
      if engine == .sqlite {
        expected = answers
        #expect(answers["charlie /api/ledger"]?.contains("\"balanced\":true") == true)
      }
      for (name, answer) in answers {
        #expect(answer == expected[name], "\(engine) \(name)")
      }
    }
  }
}
