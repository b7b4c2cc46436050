import Events
import Foundation
import Journal
import RoomTesting
import Testing

/// Events of a log are checked before they are served.
@Suite(.timeLimit(.minutes(1)))
struct IntactRecordsTests {
  private let journal: ServiceJournal

  init() throws {
    let clock = TestClock()
    journal = try makeJournal(in: clock)
    try journal.write { transaction in
      for number in 1...6 {
        try transaction.emit(Noted(thing: "a", text: "\(number)"), correlation: clock.correlation)
      }
    }
  }

  private func found(after sequence: UInt64 = 0, limit: Int = 500) throws -> IntactRecords {
    try journal.look { snapshot in
      let place = (sequence: sequence, chain: try snapshot.chain(at: sequence))
      return try snapshot.intactRecords(after: place, limit: limit)
    }
  }

  /// Stored events up to the damage, and its reported place.
  private func sequences(limit: Int = 500) throws -> (records: [UInt64], damage: UInt64?) {
    let found = try found(limit: limit)
    return (found.records.map(\.header.sequence), found.damage?.sequence)
  }

  /// Flips a bit in the event with the number 4.
  private func damage(_ part: String, byte: Int) throws {
    try journal.write { transaction in
      let row = try #require(
        try transaction.row("SELECT topic, header, body FROM log WHERE sequence = 4"))
      var topic = Data(try row.value("topic", as: String.self).utf8)
      var header: Data = try row.value("header")
      var body: Data = try row.value("body")
      switch part {
      case "topic": topic[byte] ^= 1
      case "header": header[byte] ^= 1
      default: body[byte] ^= 1
      }
      let text = String(decoding: topic, as: UTF8.self)
      try transaction.run(
        """
        UPDATE log SET topic = \(text), header = \(header), body = \(body) WHERE sequence = 4
        """)
    }
  }

  @Test func `a log that is intact is read whole`() throws {
    #expect(try sequences() == ([1, 2, 3, 4, 5, 6], nil))
    #expect(try sequences(limit: 2) == ([1, 2], nil))
    #expect(try found(after: 6).damage == nil)
  }

  @Test(arguments: [
    ("topic", 0), ("header", 0), ("header", 23), ("header", 40), ("body", 0), ("body", 90),
  ])
  func `a flipped bit is found, and what comes before it is read`(part: String, byte: Int) throws {
    try damage(part, byte: byte)
    #expect(try sequences() == ([1, 2, 3], 4))
    #expect(try sequences(limit: 3) == ([1, 2, 3], nil), "it was not looked at")
    #expect(try journal.look { try !$0.isIntact(at: 4) && $0.isIntact(at: 3) })
    #expect(try "\(#require(try found().damage))".contains("eventually verify test"))
  }

  @Test func `a missing event is found, in the middle and at the end`() throws {
    try journal.write { try $0.run("DELETE FROM log WHERE sequence = 6") }
    #expect(try sequences() == ([1, 2, 3, 4, 5], 6))
    try journal.write { try $0.run("DELETE FROM log WHERE sequence = 3") }
    #expect(try sequences() == ([1, 2], 3))
  }

  @Test func `events that retention removed are not missing`() throws {
    try journal.write { transaction in
      let chain = try transaction.chain(at: 4)
      try transaction.run("DELETE FROM log WHERE sequence IN (1, 3, 4)")
      try transaction.run("UPDATE journal SET floor = 5, floor_chain = \(chain)")
    }
    #expect(try sequences() == ([2, 5, 6], nil))
  }
}
