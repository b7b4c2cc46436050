import Daemon
import Events
import Foundation
import Journal
import RoomTesting
import Runtime
import Schema
import Testing
import Versions
import ZeroMQ

/// Runs the examples with which the products' pages begin; that of RoomTesting is a test itself.
@Suite(.timeLimit(.minutes(1)))
struct SnippetTests {
  private let folder: TemporaryFolder
  private let clock = TestClock()

  init() throws {
    folder = try TemporaryFolder()
  }

  @Test func `ZeroMQ: the message arrives with its frames`() async throws {
    let messages = try await publishOnce(at: "ipc://\(folder.path)/station")
    #expect(messages.map { Array($0.frames) } == [[Data("station/".utf8), Data("21".utf8)]])
  }

  @Test func `Events: a record is read as its event`() throws {
    let record = try SyntheticLog("station", clock: clock).next(
      TemperatureMeasured(place: "harbour", degrees: 21))
    let text = try temperature(in: record)
    #expect(text == "harbour: 21, station/temperature.measured/v1/ 1")
  }

  @Test func `Schema: an order is priced from its promise, and not at all without one`() throws {
    let dollars = { Money(amount: $0, currency: .usd) }
    let beta = SyntheticLog("beta", clock: clock)
    let promise = Promise(
      quoteId: clock.identifier(), settingsVersion: 1000, fee: dollars(2500),
      discount: dollars(500))
    for (promise, expected) in [(promise, dollars(3000)), (nil, nil)] {
      let order = OrderCaptured(
        orderId: clock.identifier(), cartId: clock.identifier(), product: "widget",
        price: dollars(1000), promise: promise)
      #expect(try total(ofOrderIn: beta.next(order)) == expected)
    }
  }

  @Test func `Journal: the row and the event are committed together`() async throws {
    let journal = try await makeStation(
      in: folder.path + "/station.sqlite", runtime: clock.runtime)
    let (degrees, events) = try await journal.read { snapshot in
      (
        try snapshot.value("SELECT degrees AS value FROM measured", as: Int.self),
        try snapshot.value("SELECT count(*) AS value FROM log", as: Int.self)
      )
    }
    #expect(degrees == 21)
    #expect(events == 1)
  }

  @Test func `Courier: an event of one journal is applied to another one`() async throws {
    let station = try await makeStation(
      in: folder.path + "/station.sqlite", runtime: .system)
    let (applied, continuation) = AsyncStream.makeStream(of: Void.self)
    let board = try ServiceJournal(
      .memory, of: "board",
      migrations: [Migration("board-1", sql: "CREATE TABLE seen (place TEXT)")],
      reactions: [
        .on(TemperatureMeasured.self, from: "station") { event, transaction in
          try transaction.run("INSERT INTO seen VALUES (\(event.data.place))")
          continuation.yield()
          return .done
        }
      ],
      runtime: .system)
    let path = folder.path
    try await withThrowingTaskGroup(of: Void.self) { services in
      services.addTask {
        try await run(station, following: [], in: path, runtime: .system)
      }
      services.addTask {
        try await run(board, following: ["station"], in: path, runtime: .system)
      }
      let first: Void? = await applied.first { _ in true }
      #expect(first != nil)
      // It is committed after the commit of the reaction.
      try await board.write { _ in }
      let seen: SQL = "SELECT place AS value FROM seen"
      #expect(try await board.read { try $0.value(seen) } == "harbour")
      services.cancelAll()
    }
  }

  @Test func `Daemon: the room is a service with one route and one event`() throws {
    #expect(Station.api.map(\.path) == ["/api/temperatures"])
    #expect(Station.port == 3996)
  }

  @Test func `Runtime: the pauses between attempts double`() {
    let runtime = RuntimeContext(
      now: { Timestamp(microseconds: 0) }, uptime: { .zero }, random: { 0 })
    #expect(nextAttempt(after: 1, in: runtime) == Timestamp(microseconds: 500_000))
    #expect(nextAttempt(after: 3, in: runtime) == Timestamp(microseconds: 2_000_000))
  }

  @Test func `Versions: a version that is not pinned is a problem, and a pinned one is not`() throws
  {
    #expect(try problems(pinned: "") != [])
    #expect(
      try problems(pinned: stationEvents.lock.lines.map(\.description).joined(separator: "\n"))
        == [])
  }
}
