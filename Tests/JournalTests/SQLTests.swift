import Events
import Foundation
import Journal
import RoomTesting
import Runtime
import Testing

@Suite(.timeLimit(.minutes(1)))
struct SQLTests {
  private enum Colour: String {
    case red, green
  }

  private let clock = TestClock()

  @Test(arguments: [
    "'); DROP TABLE texts; --", "' OR '1'='1", "\"", "?", "🐟", "",
  ])
  func `a value never becomes SQL`(text: String) throws {
    let journal = try makeJournal(in: clock)
    try journal.write { transaction in
      try transaction.store("other")
      try transaction.store(text)
    }
    let found = try journal.look {
      try $0.rows("SELECT text FROM texts WHERE text = \(text)").map {
        try $0.value("text", as: String.self)
      }
    }
    #expect(found == [text])
    #expect(try journal.look { try $0.texts() } == ["other", text])
  }

  @Test func `an interpolated fragment is an argument, and so no column or table`() throws {
    let journal = try makeJournal(in: clock)
    try journal.write { try $0.store("kept") }
    let column = "text; DROP TABLE texts"
    let rows = try journal.look { try $0.rows("SELECT \(column) AS value FROM texts") }
    #expect(try rows.map { try $0.value("value", as: String.self) } == [column])
    #expect(throws: (any Error).self) { try journal.write { try $0.run("DROP TABLE \(column)") } }
    #expect(try journal.look { try $0.texts() } == ["kept"])
  }

  @Test func `a text that the database would cut is refused`() throws {
    let journal = try makeJournal(in: clock)
    let error = #expect(throws: JournalError.self) { try journal.write { try $0.store("a\0b") } }
    #expect(error?.code == .malformed)
    try journal.write { try $0.store("fine") }
    #expect(try journal.look { try $0.texts() } == ["fine"])
  }

  @Test func `pieces are joined with their arguments`() throws {
    let journal = try makeJournal(in: clock)
    try journal.write { transaction in
      for text in ["a", "b", "c"] { try transaction.store(text) }
    }
    var query: SQL = "SELECT text AS value FROM texts WHERE text > \("a")"
    query = query + "AND text < \("c")" + "ORDER BY text"
    let rows = try journal.look { [query] in try $0.rows(query) }
    #expect(try rows.map { try $0.value("value", as: String.self) } == ["b"])
  }

  @Test func `every kind of value comes back as it went in`() throws {
    let journal = try makeJournal(in: clock)
    func echo<Value: SQLValue & Equatable>(_ value: Value) throws -> Bool {
      try journal.look { try $0.value("SELECT \(value) AS value", as: Value.self) } == value
    }
    #expect(try echo(Int64.min) && echo(Int64.max) && echo(Int.max) && echo(UInt64(Int64.max)))
    #expect(try echo(true) && echo(false) && echo("text") && echo(Data([0, 255])) && echo(Data()))
    #expect(try echo(Epoch(.max)) && echo(Epoch(0)) && echo(Chain.zero))
    #expect(try echo(clock.now) && echo(clock.runtime.identifier()))
    #expect(try echo(clock.correlation.trace))
  }

  @Test func `an absent value is read as nil, and is no value`() throws {
    let journal = try makeJournal(in: clock)
    let none: String? = nil
    try journal.look { snapshot throws in
      let row = try #require(try snapshot.row("SELECT \(none) AS value, \(Optional(1)) AS one"))
      #expect(try row.value("value", as: String?.self) == nil)
      #expect(try row.value("one", as: Int?.self) == 1)
      #expect(throws: JournalError.self) { try row.value("value", as: String.self) }
      #expect(throws: JournalError.self) { try row.value("missing", as: String?.self) }
      #expect(try snapshot.value("SELECT max(text) AS value FROM texts", as: String.self) == nil)
      #expect(try snapshot.value("SELECT text AS value FROM texts", as: String.self) == nil)
    }
  }

  @Test func `enumerations are kept as their raw values`() throws {
    let journal = try makeJournal(in: clock)
    let absent: Colour? = nil
    let row = try #require(
      try journal.look { snapshot throws in
        try snapshot.row("SELECT \(Colour.green) AS full, \(absent) AS none, 'blue' AS wrong")
          .map {
            (
              try? $0.value("full") as Colour, try $0.value("none") as Colour?,
              try? $0.value("wrong") as Colour
            )
          }
      })
    #expect(row.0 == .green)
    #expect(row.1 == nil)
    #expect(row.2 == nil)
  }

  @Test func `a number past what the database keeps compares as larger than all`() throws {
    let journal = try makeJournal(in: clock)
    let isLarger = try journal.look {
      try $0.value("SELECT \(UInt64.max) > \(Int64.max - 1) AS value", as: Bool.self)
    }
    #expect(isLarger == true)
  }

  @Test func `a broken rule is reported with its column and without SQL`() throws {
    let journal = try makeJournal(in: clock)
    func failure(_ command: SQL) -> JournalError? {
      #expect(throws: JournalError.self) { try journal.write { try $0.run(command) } }
    }
    let absent = failure("INSERT INTO texts (text) VALUES (NULL)")
    #expect(absent?.code == .constraint)
    #expect(absent?.description == "the column texts.text has no value, and requires one")
    try journal.write { try $0.run("INSERT INTO texts (number, text) VALUES (1, 'a')") }
    let twice = failure("INSERT INTO texts (number, text) VALUES (1, 'b')")
    #expect(
      twice?.description
        == "the column texts.number has this value in another row, and must be unique")
    let unknown = failure("INSERT INTO nowhere VALUES (1)")
    #expect(unknown?.code == .statement)
    #expect(unknown?.description.contains("INSERT") == false)
    let zero = failure("INSERT INTO texts (text) VALUES (\("a\0b"))")
    #expect(zero?.code == .malformed)
    #expect(zero?.description.contains("INSERT") == false)
  }

  @Test(arguments: ["1e300", "9e999", "1.5", "'text'", "-1"])
  func `a column of another kind is an error, not a crash`(literal: String) throws {
    let journal = try makeJournal(in: clock)
    let error = #expect(throws: JournalError.self) {
      try journal.look {
        try $0.value(SQL(stringLiteral: "SELECT \(literal) AS value"), as: UInt64.self)
      }
    }
    #expect(error?.code == .malformed)
  }

  @Test func `after SQLite has rolled a transaction back, nothing more of it runs`() throws {
    let journal = try makeJournal(in: clock)
    try journal.write { try $0.run("INSERT INTO texts (number, text) VALUES (1, 'a')") }
    let error = #expect(throws: JournalError.self) {
      try journal.write { transaction in
        try transaction.store("before")
        try? transaction.run("INSERT OR ROLLBACK INTO texts (number, text) VALUES (1, 'b')")
        try transaction.store("after")
      }
    }
    #expect(error?.code == .statement)
    #expect(try journal.look { try $0.texts() } == ["a"])
  }

  @Test func `a question mark in the text of a statement is no place for a value`() throws {
    let journal = try makeJournal(in: clock)
    let error = #expect(throws: JournalError.self) {
      try journal.write { try $0.run("INSERT INTO texts (text) VALUES (?)") }
    }
    #expect(error?.code == .statement)
    #expect(try journal.look { try $0.texts() } == [])
  }
}
