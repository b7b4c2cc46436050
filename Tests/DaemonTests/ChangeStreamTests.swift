import Foundation
import HTTPTypes
import Journal
import RoomTesting
import Testing

@testable import Daemon

/// `GET /api/stream`: the changes by which a page keeps itself up to date.
@Suite(.timeLimit(.minutes(1))) struct ChangeStreamTests {
  private let delta: ServiceHarness

  init() throws {
    delta = try ServiceHarness(DeltaRoom.self)
  }

  private func part(_ position: Int64, hasCommitted: Bool) throws -> EventFeed.Part {
    try delta.journal.read { snapshot in
      try EventFeed(changesAfter: position, in: snapshot).next(position, hasCommitted, snapshot)
    }
  }

  private var position: Int64 {
    get throws { try delta.journal.read { try $0.changePosition() } }
  }

  @Test func `a client that has everything gets nothing, until the journal commits`() throws {
    let now = try position
    #expect(try part(now, hasCommitted: false).events.isEmpty)
    let change = try #require(try part(now, hasCommitted: true).events.first)
    #expect(change.text == "id: \(now)\nevent: changed\ndata: {\"position\":\(now)}\n\n")
  }

  @Test(arguments: [0, 1_000_000] as [Int64])
  func `a client from before the last change, or from before a restore, gets it at once`(
    asked: Int64
  ) throws {
    _ = try delta.journal.write { try $0.emit(ThingMade(thingId: $0.identifier())) }
    let part = try part(asked, hasCommitted: false)
    #expect(part.events.map(\.position) == [try position])
    #expect(part.position == (try position))
  }

  @Test func `each published event moves the position by one`() throws {
    let before = try position
    _ = try delta.journal.write { try $0.emit(ThingMade(thingId: $0.identifier())) }
    #expect(try position == before + 1)
  }
}
