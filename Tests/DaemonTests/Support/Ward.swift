import Courier
import Events
import Foundation
import HTTPTypes
import Journal
import RoomTesting
import Synchronization

@testable import Daemon

/// An event of another service about a thing.
struct ThingPriced: Event {
  static let schema = PayloadSchema("thing.priced", version: 1, leastReader: 1)

  var thing: String
  var mood: String
  var price = Price()

  struct Price: Codable, Hashable {
    var amount: Int64 = 100
    var currency = "USD"
  }

  var subject: String { thing }
}

/// A service that follows `alpha`, keeps the moods of things, and rejects a “bad” one unless it
/// forgives.
final class Ward: Sendable {
  let clock = TestClock()
  let journal: ServiceJournal
  private let state = Mutex(State())

  private struct State {
    var following = Subscription.State.live
    var said = Cursor(epoch: Epoch(7), sequence: 0, chain: .zero)
  }

  private final class Temper: Sendable {
    let forgives = Mutex(false)
  }

  private let temper: Temper

  init(reporting: @escaping @Sendable (ServiceJournal.Commit) -> Void = { _ in }) throws {
    let temper = Temper()
    self.temper = temper
    let judging = Reaction.on(ThingPriced.self, from: "alpha") { event, transaction in
      let isForgiven = temper.forgives.withLock { $0 }
      guard event.data.mood != "bad" || isForgiven else { return .reject("it is bad") }
      guard event.data.mood != "early" else { return .wait("it is early") }
      try transaction.run(
        """
        INSERT INTO things (id, name, price) VALUES (\(transaction.identifier()),
        \("\(event.subject) \(event.data.mood)"), \(event.data.price.amount))
        """)
      return .done
    }
    journal = try ServiceJournal(
      .memory, of: "delta", migrations: [idempotencyMigration, thingsMigration],
      reactions: Reactions([judging]), expecting: ["overlord"],
      runtime: clock.runtime, reporting: reporting)
  }

  /// The cause of “bad” is removed.
  func forgive() {
    temper.forgives.withLock { $0 = true }
  }

  /// How the service stands with `alpha` from now on.
  func follows(_ following: Subscription.State) {
    state.withLock { $0.following = following }
  }

  /// Applies an event of another service here.
  @discardableResult
  func hear(_ event: ThingPriced, body: String? = nil) throws -> Record {
    let runtime = clock.runtime
    let before = state.withLock { $0.said }
    let schema = ThingPriced.schema
    let topic = Topic(stream: "alpha", type: schema.type, version: schema.version)
    let envelope = Envelope(
      id: runtime.identifier(), stream: "alpha", subject: event.subject,
      time: runtime.now(), sequence: before.sequence + 1,
      correlation: Correlation(
        id: "work on \(event.subject)".replacing(" ", with: "-"),
        trace: .random(in: runtime)), data: event)
    let bytes = try body.map { Data($0.utf8) } ?? envelope.body()
    let said = Cursor(
      epoch: before.epoch, sequence: before.sequence + 1,
      chain: before.chain.appending(topic: topic, body: bytes))
    let header = Header(
      schemaVersion: schema.version, leastReader: schema.leastReader, epoch: Epoch(7),
      sequence: said.sequence, committedAt: runtime.now(), chain: said.chain)
    let record = Record(topic: topic, header: header, body: bytes)
    try journal.write { transaction in
      let place = try transaction.cursor(of: "alpha")
      try transaction.apply([record], of: "alpha", from: place, through: said)
    }
    state.withLock { $0.said = said }
    return record
  }

  func answer(
    _ method: HTTPRequest.Method, _ target: String, _ body: String = "",
    headers: HTTPFields = [:]
  ) -> Response {
    var headers = headers
    if !body.isEmpty { headers[.contentType] = "application/json" }
    let call = Request(
      method, target, headers: headers, body: Data(body.utf8),
      correlation: Correlation(headers, in: clock.runtime))
    return assembly.allRoutes.response(to: call, from: journal)
  }

  var assembly: Assembly {
    Assembly(
      journal: journal,
      subscriptions: {
        [
          Subscription(
            stream: "alpha", cursor: 0, head: nil,
            state: self.state.withLock { $0.following }, reason: nil, isReady: false)
        ]
      })
  }

  /// The applied events, in order.
  var things: [String] {
    get throws {
      try journal.read { snapshot in
        try snapshot.rows("SELECT name AS value FROM things ORDER BY position").map {
          try $0.value("value")
        }
      }
    }
  }

  /// The ids of the dead letters, oldest first.
  var letters: [String] {
    get throws {
      let list = try answer(.get, "/api/dead-letters").document
      guard case .array(let letters)? = list["deadLetters"] else { return [] }
      return letters.compactMap { $0["id"]?.string }
    }
  }
}
