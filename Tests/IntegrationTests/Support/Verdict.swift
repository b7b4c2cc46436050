import GRDB
import Testing

/// The conditions at the end of every story.
extension Deployment {
  /// Waits until all is quiet, and checks the whole system.
  ///
  /// Each order of the story, and no other, took each of its steps once and ended as it should; its
  /// total is the promise everywhere; the ledger is right to the cent and sums to zero; every
  /// service has received every event.
  ///
  /// All four services must run.
  func check(
    _ stories: [(Order, Outcome)], sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let stories = stories.map { (order: $0, outcome: $1) }
    try await check(Demand(stories: stories), sourceLocation: sourceLocation)
  }

  /// Waits until all is quiet, and checks that what was asked for came about, once, and nothing
  /// else.
  func check(
    _ demand: Demand, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let accounting = Accounting(demand, try await books(for: demand))
    for (name, facts) in [
      ("lost", accounting.lost), ("unexpected", accounting.unexpected),
      ("duplicated", accounting.duplicated),
    ] {
      let some = facts.prefix(12).joined(separator: "\n  ")
      #expect(facts.isEmpty, "\(facts.count) \(name):\n  \(some)", sourceLocation: sourceLocation)
    }
    try await checkFollowed()
  }

  private func checkFollowed() async throws {
    for service in ServiceName.allCases {
      let bus = try await http(service).get("/api/bus").json
      let followed = bus["subscriptions"].list.map { $0["stream"].text }
      #expect(followed.sorted() == service.follows.map(\.rawValue))
    }
  }

  /// Reads all records of the services, once it is quiet.
  private func books(for demand: Demand) async throws -> Books {
    var books = Books()
    books.events = try await events()
    books.heads = try await quiet()
    books.orders = try await list("orders", of: .alpha)
    for cart in Set(demand.stories.map(\.order.cart.id)) {
      books.carts.append(try await http(.beta).get("/api/carts/\(cart)").json)
    }
    let charlie = try await http(.charlie)
    books.charges = try await list("charges", of: .charlie)
    books.entries = try await list("ledger/entries", of: .charlie)
    books.ledger = try await charlie.get("/api/ledger").json
    books.feeReport = try await charlie.get("/api/ledger/fees").json
    books.gateway = try gatewayCharges()
    for service in [ServiceName.alpha, .beta, .charlie] {
      books.settings[service] = try await http(service).get("/api/settings").json
    }
    if demand.changes != nil {
      let history = try await list("settings/history", of: .alpha)
      books.changes = history.filter { $0["version"] != 1000 }
    }
    for service in ServiceName.allCases {
      let bus = try await http(service).get("/api/bus").json
      books.deadLetters[service] = bus["deadLetters"].int
      books.cursors[service] = try cursors(of: service)
      books.remarks += lines(service).compactMap { $0.remark(of: service) }
    }
    return books
  }

  /// A whole list, which begins with the newest.
  private func list(_ path: String, of service: ServiceName) async throws -> [JSON] {
    let http = try await http(service)
    let name = path == "settings/history" ? "settings" : path.split(separator: "/").last ?? ""
    var (items, query): ([JSON], String?) = ([], "limit=500")
    while let part = query {
      let answer = try await http.get("/api/\(path)?\(part)")
      try #require(answer.status == 200, "\(answer)")
      items += answer.json[String(name)].list
      query = answer.json["next"].string.map { "limit=500&before=\($0)" }
    }
    return items
  }

  /// The cursors are read from the journals: `/api/bus` follows a moment after the commit that the
  /// log has reported.
  private func cursors(of service: ServiceName) throws -> [String: Int64] {
    if let rows = try query("SELECT stream, sequence FROM cursors", journalOf: service) {
      return rows.split(separator: "\n").reduce(into: [:]) { cursors, row in
        let columns = row.split(separator: "|")
        cursors[String(columns[0])] = Int64(columns[1])
      }
    }
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

extension OutputLine {
  /// The fact that this service has emitted or applied an event, which it may do once in all its
  /// runs.
  fileprivate func remark(of service: ServiceName) -> String? {
    guard let stream, let sequence,
      message.hasSuffix(" emitted") || message.hasSuffix(" applied")
    else { return nil }
    return "\(Books.remark)\(service), \(stream) \(sequence), \(message)"
  }
}
