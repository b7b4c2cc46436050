import Daemon
import Dispatch
import Events
import HTTPTypes
import Journal
import Runtime
import Synchronization

/// A service of another team: it makes things, and knows nothing of orders.
enum DeltaRoom: Room {
  static let name = "delta"
  static let port = 0
  static let follows = ["alpha"]
  static let followers = ["overlord"]
  static let publishes: [any Event.Type] = [ThingMade.self]
  enum Approval: String, CaseIterable {
    case manual
    case automatic
  }

  static let approval = ConfigurationKey.choice(
    "approval", default: Approval.manual, meaning: "who approves")
  static let benches = ConfigurationKey.number(
    "workshop.benches", in: 1...64, default: 8, meaning: "how many work at once")
  static let keys: [any DeclaredKey] = [approval, benches]

  static func compose(_ shell: Shell) throws -> Assembly {
    let journal = try shell.openJournal(migrations: [thingsMigration])
    return Assembly(journal: journal, routes: thingRoutes, pages: try PageTemplates("Delta"))
  }
}

let thingsMigration = Migration(
  "delta-1-things",
  sql: """
    CREATE TABLE things (
      position INTEGER PRIMARY KEY, id TEXT NOT NULL, name TEXT NOT NULL, price BIGINT NOT NULL);
    """)

struct Thing: Codable, Equatable {
  let position: Int64
  let id: Identifier
  let name: String
  let price: Int64

  init(_ row: Row) throws {
    position = try row.value("position")
    id = try row.value("id")
    name = try row.value("name")
    price = try row.value("price")
  }
}

struct ThingMade: Event {
  static let schema = PayloadSchema("thing.made", version: 2, leastReader: 1)
  static let past: [any Superseded.Type] = [V1.self]
  let thingId: Identifier
  var subject: String { thingId.description }

  struct V1: Downcastable {
    static let schema = PayloadSchema("thing.made", version: 1, leastReader: 1)
    let thingId: Identifier
    var upcast: ThingMade { ThingMade(thingId: thingId) }
  }
}

extension ThingMade.V1 {
  init(downcasting next: ThingMade) {
    self.init(thingId: next.thingId)
  }
}

/// An unexpected error, with a secret in it.
struct Surprise: Error, CustomStringConvertible {
  let description = "the vault's code is 4711"
}

private struct NewThing: Decodable {
  let name: String
  let price: Int64
  let maker: Maker?

  struct Maker: Decodable {
    let age: UInt8
  }
}

private struct ThingForm: Decodable {
  let name: String?
}

let thingRoutes: [Route] = [
  .query("/api/things", takes: .newestFirst) { request, snapshot in
    let page = try request.page()
    let rows = try snapshot.rows("SELECT * FROM things" + page.newestFirst(by: "position"))
    return try .list("things", page: page.cut(try rows.map(Thing.init)) { $0.position })
  },
  .query("/api/things/first") { _, _ in try .json("the first") },
  .query("/api/things/:id") { request, snapshot in
    let id = try request.identifier("id")
    guard let row = try snapshot.row("SELECT * FROM things WHERE id = \(id)") else {
      throw Problem.notFound(
        "no-such-thing", detail: "There is no thing \(id).", remedy: "Make it.")
    }
    return try .json(Thing(row))
  },
  .command(.post, "/api/things", body: NewThing.self) { new, request, transaction in
    guard new.price >= 0 else {
      throw Problem.invalid(
        "price", detail: "The price is negative.", remedy: "Send a price from 0 on.")
    }
    let id = transaction.identifier()
    try transaction.run(
      "INSERT INTO things (id, name, price) VALUES (\(id), \(new.name), \(new.price))")
    try transaction.emit(ThingMade(thingId: id), correlation: request.correlation)
    return try .json(
      ["id": id], status: .created, headers: [.eTag: "\"1\"", .location: "/api/things/\(id)"])
  },
  .command(.put, "/api/things/:id") { request, _ in
    guard request.headers[.ifMatch] != nil else {
      throw Problem.preconditionRequired(
        "if-match-missing", detail: "There is no If-Match.",
        remedy: "Send the ETag that you have seen.")
    }
    throw Problem.preconditionFailed(
      "thing-changed", detail: "The thing has changed.", remedy: "Read it again.")
  },
  .command(.post, "/api/things/:id/finish") { request, _ in
    let id = try request.identifier("id")
    return try .json(["finished": id]).continuing("the work that began it")
  },
  .command(.post, "/api/things/:id/break") { request, _ in
    throw Problem.conflict(
      "thing-finished", detail: "It is finished.", remedy: "Leave it.",
      members: ["thingId": .string(request.parameters["id"] ?? "")]
    ).continuing("the work that began it")
  },
  .query("/api/gone") { _, _ in throw CancellationError() },
  .query("/api/surprise") { _, _ in throw Surprise() },
  .query("/api/later") { _, _ in
    throw Problem.unavailable("no-copy-yet", detail: "Not yet.", remedy: "Wait.", retryAfter: 3)
  },
  .query("/things/:id") { _, _ in
    throw Problem.notFound("no-such-thing", detail: "There is no <thing>.", remedy: "Make it.")
      .continuing("the work that began it")
  },
  .form("/things", body: ThingForm.self) { form, _, transaction in
    let id = transaction.identifier()
    try transaction.run(
      "INSERT INTO things (id, name, price) VALUES (\(id), \(form.name ?? ""), 0)")
    return .seeOther("/things")
  },
]
