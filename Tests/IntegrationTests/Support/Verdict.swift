import GRDB
import Testing

/// What must be true at the end of every story.
extension Deployment {
  /// Waits until all is quiet, and checks the whole system: each order of the story, and no other,
  /// took each of its steps once and ended as it should; its total is the promise everywhere; the
  /// ledger has it right to the cent and sums to zero; everyone has heard everything.
  ///
  /// All four services must run.
  func check(_ stories: [(Order, Outcome)]) async throws {
    let heads = try await quiet()
    let events = try await events()
    for stream in [ServiceName.alpha, .beta, .charlie] {
      let numbers = events.filter { $0.stream == stream.rawValue }.map(\.sequence)
      #expect(
        numbers == Array(1...max(1, heads[stream] ?? 0)).filter { $0 <= heads[stream] ?? 0 },
        "Overlord has every event of \(stream) once, in order")
    }
    let captured = events.filter { $0.type == "order.captured" }.map(\.subject)
    #expect(captured.sorted() == stories.map(\.0.id).sorted(), "each order was captured once")
    for (order, outcome) in stories {
      try await check(order, outcome, events.filter { $0.subject == order.id })
    }
    try await checkLedger(stories.filter { $0.1 == .charged }.map(\.0))
    try await checkBus(heads)
  }

  private func check(_ order: Order, _ outcome: Outcome, _ events: [SeenEvent]) async throws {
    let ends: Set<String> =
      switch outcome {
      case .charged: ["order.captured", "order.approved", "order.charged", "order.finalized"]
      case .declined: ["order.captured", "order.approved", "order.declined", "order.finalized"]
      case .rejected: ["order.captured", "order.rejected", "order.finalized"]
      }
    #expect(events.map(\.type).sorted() == ends.sorted(), "each step once, order \(order.id)")
    for event in events {
      #expect(event.correlationID == order.requestID, "\(event)")
      if ["order.approved", "order.charged"].contains(event.type) {
        #expect(event.data["total"]["amount"].int == order.total, "\(event)")
      }
      if event.type == "order.finalized" {
        #expect(event.data["outcome"].text == outcome.rawValue, "\(event)")
      }
    }
    let atAlpha = try await alphaOrder(order)
    #expect(atAlpha["state"] == "finalized")
    #expect(atAlpha["outcome"].text == outcome.rawValue)
    #expect(atAlpha["total"]["amount"].int == order.total)
    let cart = try await betaCart(order.cart)
    if cart["lastOrder"]["orderId"].text == order.id {
      #expect(cart["state"] == "open")
      #expect(cart["lastOrder"]["outcome"].text == outcome.rawValue)
    }
    guard outcome != .rejected else { return }
    let charge = try await charge(order)
    #expect(charge["state"].text == outcome.rawValue)
    #expect(charge["total"]["amount"].int == order.total)
  }

  private func checkLedger(_ charged: [Order]) async throws {
    let charlie = try await http(.charlie)
    let ledger = try await charlie.get("/api/ledger").json
    #expect(ledger["total"] == 0)
    #expect(ledger["balanced"] == true)
    let cash = ledger["accounts"].list.first { $0["account"] == "cash" }
    #expect((cash?["balance"].int ?? 0) == charged.reduce(0) { $0 + $1.total })
    for order in charged {
      let entries = try await charlie.get("/api/ledger/entries?order=\(order.id)").json["entries"]
      // An order that costs nothing and promised nothing moves nothing.
      try #require(entries.list.count == 1, "one entry for order \(order.id)")
      let postings = entries[0]["postings"].list
      #expect(postings.reduce(0) { $0 + ($1["amount"].int ?? 0) } == 0)
      func amount(_ account: JSON) -> Int64 {
        postings.first { $0["account"] == account }?["amount"].int ?? 0
      }
      let discount = order.price + order.cart.quote.fee - order.total
      #expect(amount("cash") == order.total)
      #expect(amount("discounts") == discount)
      #expect(amount("sales") == -order.price)
      #expect(amount("fees") == -order.cart.quote.fee)
    }
  }

  /// The cursors are read from the journals: what `/api/bus` shows follows a moment after the
  /// commit that the log has told.
  private func checkBus(_ heads: [ServiceName: Int64]) async throws {
    for service in ServiceName.allCases {
      let bus = try await http(service).get("/api/bus").json
      #expect(bus["deadLetters"] == 0, "\(service)")
      let followed = bus["subscriptions"].list.map { $0["stream"].text }
      #expect(followed.sorted() == service.follows.map(\.rawValue))
      let cursors = try cursors(of: service)
      for stream in service.follows {
        // A stream that has said nothing leaves no cursor.
        #expect(cursors[stream.rawValue] ?? 0 == heads[stream], "\(service) follows \(stream)")
      }
    }
  }

  private func cursors(of service: ServiceName) throws -> [String: Int64] {
    var configuration = Configuration()
    configuration.readonly = true
    let journal = try DatabaseQueue(
      path: stateFolder(service) + "/journal.sqlite", configuration: configuration)
    return try journal.read { journal in
      let rows = try Row.fetchAll(journal, sql: "SELECT stream, sequence FROM cursors")
      return Dictionary(rows.map { ($0["stream"], $0["sequence"]) }) { $1 }
    }
  }
}
