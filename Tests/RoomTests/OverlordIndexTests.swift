import Daemon
import Events
import Journal
import RoomTesting
import Schema
import Synchronization
import Testing

@testable import Overlord

/// The ways of Overlord's queries to their rows: by an index, however many events there are.
@Suite(.timeLimit(.minutes(1))) struct OverlordIndexTests {
  private let overlord: ServiceHarness
  private let beta: SyntheticLog

  init() throws {
    overlord = try ServiceHarness(OverlordRoom.self)
    beta = SyntheticLog("beta", clock: overlord.clock)
  }

  /// The steps in which a query reads a whole table, or sorts.
  private func slowSteps(_ query: (PlanReader) throws -> Void) throws -> [String] {
    try overlord.journal.slowSteps(query)
  }

  @Test(arguments: [
    EventFilter(type: "order.captured"), EventFilter(stream: "beta"),
    EventFilter(type: "settings.changed", stream: "beta"),
    EventFilter(subject: "a", type: "order.captured", stream: "beta"),
    EventFilter(search: EventSearch("captured")), EventFilter(search: EventSearch("0a1b2c3d")),
    EventFilter(stream: "beta", search: EventSearch("order")),
    EventFilter(subject: "a", stream: "beta", search: EventSearch("order")),
    EventFilter(type: "order.captured", stream: "beta", search: EventSearch("0a1b2c3d")),
  ])
  func `each filter of events has an index, in the order of the list`(filter: EventFilter) throws {
    #expect(try slowSteps { _ = try $0.lastEvents(filter, limit: 50) } == [])
    #expect(
      try slowSteps { _ = try $0.lastEvents(filter, page: PageRequest(limit: 50, before: 9)) } == []
    )
    guard filter.search == nil else { return }
    #expect(
      try slowSteps { _ = try $0.events(filter, page: PageRequest(limit: 50, after: 9)) } == [])
  }

  @Test func `the measurements and the stuck orders have indexes`() throws {
    let now = overlord.clock.runtime.now()
    #expect(try slowSteps { _ = try $0.stuckOrders(before: now, limit: 20) } == [])
    #expect(try slowSteps { _ = try $0.stuckOrderCount(before: now) } == [])
    #expect(try slowSteps { _ = try $0.rates(of: "beta", until: now.minute) } == [])
  }

  @Test func `a short id is found whole, and never by a part of it`() throws {
    let order = overlord.clock.captured()
    try overlord.receive(
      try beta.next(order, about: "a-1", request: "w"),
      try beta.next(order, about: "xa-1", request: "Work-777"))
    func found(_ text: String) -> [String] {
      overlord.get("/events?search=\(text)").text.matches(of: /<tr id="event-(\d+)">/)
        .map { String($0.output.1) }
    }
    #expect(found("a-1") == ["1"])
    #expect(found("A-1") == ["1"])
    #expect(found("xa-1") == ["2"])
    #expect(found("w") == ["1"])
    #expect(found("work-777") == ["2"])
    #expect(found("-1").isEmpty && found("ork-777").isEmpty)
  }

  @Test func `a journal of a development build has its columns, and is found by the new indexes`()
    throws
  {
    let order = overlord.clock.captured()
    try overlord.receive(try beta.next(order))
    try overlord.journal.write { transaction in
      for statement in [
        "DROP TABLE open_orders", "DROP INDEX events_by_subject_end",
        "DROP INDEX events_by_correlation_end", "DROP INDEX events_by_stream_position",
        "DROP INDEX events_by_type_stream",
        "ALTER TABLE events ADD COLUMN subject_end TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE events ADD COLUMN correlation_end TEXT NOT NULL DEFAULT ''",
        "CREATE INDEX events_by_subject_end ON events (subject_end)",
        "CREATE INDEX events_by_correlation_end ON events (correlation_end)",
        "DELETE FROM grdb_migrations WHERE identifier IN ('overlord-4', 'overlord-5')",
      ] {
        try transaction.run(SQL(stringLiteral: statement))
      }
    }
    let later = try ServiceHarness(OverlordRoom.self, after: overlord)
    try later.receive(try beta.next(overlord.clock.captured()))
    let end = "\(order.orderId)".suffix(8)
    #expect(later.get("/events?search=\(end)").text.contains("<tr id=\"event-1\">"))
    #expect(try later.journal.read { try openOrdersCheck.findings($0) } == [])
    #expect(
      try later.journal.read { try $0.stuckOrderCount(before: .init(microseconds: .max)) } == 2)
  }
}
