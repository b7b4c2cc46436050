import Events
import Foundation
import PostgreSQLServer
import RoomTesting
import Runtime
import Testing

@testable import Journal

/// The move of a journal from its file to a database.
@Suite(
  "Moving to PostgreSQL",
  .enabled(if: PostgreSQLServer.missing == nil, Comment(rawValue: PostgreSQLServer.missing ?? "")),
  .timeLimit(.minutes(1)))
struct MoveTests {
  let server: PostgreSQLServer
  let folder: TemporaryFolder
  let clock = TestClock()

  static let books = TableBeside(
    "charges", inFile: "books.sqlite", nameInDatabase: "books_charges",
    columns: "key TEXT PRIMARY KEY, attempts BIGINT NOT NULL")

  init() throws {
    server = try PostgreSQLServer.shared.get()
    folder = try TemporaryFolder()
  }

  var file: String { "\(folder.path)/journal.sqlite" }

  func openFile() throws -> ServiceJournal {
    try ServiceJournal(
      .file(file), of: "test", migrations: [values], expecting: ExpectedConsumers(["follower"]),
      runtime: clock.runtime)
  }

  func open(_ address: String) throws -> ServiceJournal {
    try ServiceJournal(
      .postgreSQL(PostgreSQLPlace(PostgreSQLAddress(address), folder: folder.path)), of: "test",
      migrations: [values], runtime: clock.runtime)
  }

  /// Makes a journal of many batches, with every kind of value.
  func fill() throws -> Head {
    let journal = try openFile()
    for number in 0..<120 {
      clock.advance(microseconds: 1_000)
      try journal.write { transaction in
        _ = try transaction.emit(Noted(thing: "thing \(number)", text: "“ä” \n \(number)"))
        try transaction.store(
          "name \(number)", amount: number == 7 ? nil : .max - Int64(number),
          bytes: number == 8 ? nil : Data([0, UInt8(number), 255]))
      }
    }
    try journal.write { try $0.run("DELETE FROM vals WHERE number IN (3, 119)") }
    let head = try journal.read { try $0.head() }
    try journal.close()
    let books = try SQLiteEngine.file("\(folder.path)/books.sqlite", label: "test")
    try books.write { connection in
      try connection.run(Self.books.definition(named: "charges"))
      try connection.run("INSERT INTO charges (key, attempts) VALUES ('a', 3)")
    }
    try books.close()
    return head
  }

  func move(to address: String, of service: String = "test") throws -> MovedJournal {
    try JournalMove(
      of: service, in: folder.path, to: PostgreSQLAddress(address), migrations: [values],
      tablesBeside: [Self.books]
    ).perform()
  }

  func refusal(to address: String, of service: String = "test") -> JournalError? {
    #expect(throws: JournalError.self) { try move(to: address, of: service) }
  }

  func names(in address: String) throws -> String {
    try server.query("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", in: address)
  }

  @Test func `the journal goes on in the database with its history, numbers and books`() throws {
    let head = try fill()
    let before = try SQLiteFile.read(file) { try $0.rows("SELECT * FROM vals ORDER BY number") }
    let address = try server.makeDatabase()
    let moved = try move(to: address)
    #expect(moved.mark.sequence == 120 && moved.mark.epoch == head.epoch)
    #expect(moved.events == 120)
    #expect(moved.kept == ["\(file).moved", "\(folder.path)/books.sqlite.moved"])
    #expect(try server.query("SELECT key, attempts FROM books_charges", in: address) == "a|3")

    let journal = try open(address)
    #expect(try journal.look { try $0.head() } == head)
    #expect(try journal.look { try $0.lineage().map(\.epoch) } == [head.epoch])
    #expect(try journal.look { try $0.checkedLog().count } == 120)
    #expect(try journal.look { try $0.consumers().map(\.name) } == ["follower"])
    let after = try journal.look { try $0.rows("SELECT * FROM vals ORDER BY number") }
    #expect(after.map(\.values) == before.map(\.values))
    try journal.write { transaction in
      _ = try transaction.emit(Noted(thing: "later", text: ""))
      try transaction.store("later")
    }
    #expect(try journal.look { try $0.checkedLog().count } == 121)
    let last = try journal.look { snapshot in
      try snapshot.value("SELECT max(number) AS value FROM vals", as: Int.self)
    }
    #expect(last == 121)
    try journal.close()

    let failure = #expect(throws: JournalError.self) { try openFile() }
    #expect(failure?.code == .emptied)
    #expect(refusal(to: address)?.code == .exists)
  }

  @Test func `an unfinished move is no journal, and is begun again`() throws {
    let head = try fill()
    let address = try server.makeDatabase()
    // As far as it may come: killed before the copy was proved.
    let target = try MoveTarget(PostgreSQLAddress(address), of: "test")
    try target.begin()
    let place = PostgreSQLPlace(try PostgreSQLAddress(address))
    try PostgreSQLEngine(place).migrate(journalMigrations + [values])
    try target.write { session in
      try session.run("INSERT INTO vals (name) VALUES ('of an older state')")
    }
    let failure = #expect(throws: JournalError.self) { try open(address) }
    #expect(failure?.code == .notADatabase)
    #expect(failure?.remedy.contains("eventually move test") == true)
    // While its session lives.
    #expect(refusal(to: address)?.code == .busy)
    _ = consume target
    try openFile().close()
    #expect(try move(to: address).mark.epoch == head.epoch)
    let journal = try open(address)
    #expect(try journal.look { try $0.names().count } == 118)
    try journal.close()
  }

  @Test func `a move that was killed between the names of the files is finished`() throws {
    _ = try fill()
    let address = try server.makeDatabase()
    _ = try move(to: address)
    try server.query(
      """
      CREATE TABLE eventually_move (service TEXT NOT NULL);
      INSERT INTO eventually_move VALUES ('test')
      """, in: address)
    try FileManager.default.moveItem(
      atPath: "\(folder.path)/books.sqlite.moved", toPath: "\(folder.path)/books.sqlite")
    #expect(throws: JournalError.self) { try open(address) }
    #expect(try move(to: address).kept == ["\(folder.path)/books.sqlite.moved"])
    try open(address).close()
  }

  @Test func `a copy that differs from the file is found, and the file stays`() throws {
    _ = try fill()
    let address = try server.makeDatabase()
    // The server itself changes what is stored.
    try bend(
      "log", by: "IF NEW.sequence = 60 THEN NEW.body := NEW.body || '\\x20'; END IF", in: address)
    let failure = refusal(to: address)
    #expect(failure?.code == .damaged)
    #expect(failure?.summary.contains("event 60 does not follow the chain") == true)
    #expect(!ServiceJournal.isMissing(file))
    #expect(PostgreSQLPlace.marked(in: folder.path) == nil)
    try openFile().close()
  }

  @Test func `a target that is not empty, or is another service's, is refused unchanged`() throws {
    _ = try fill()
    let strange = try server.makeDatabase()
    try server.query("CREATE TABLE things (id bigint)", in: strange)
    #expect(refusal(to: strange)?.code == .exists)
    #expect(try names(in: strange) == "1")
    let foreign = try server.makeDatabase()
    let place = PostgreSQLPlace(try PostgreSQLAddress(foreign))
    try ServiceJournal(.postgreSQL(place), of: "other", runtime: clock.runtime).close()
    let failure = refusal(to: foreign)
    #expect(failure?.code == .foreign)
    #expect(failure?.summary.contains("the journal of other, not of test") == true)
    let begun = try server.makeDatabase()
    try MoveTarget(PostgreSQLAddress(begun), of: "other").begin()
    #expect(refusal(to: begun)?.code == .foreign)
    #expect(refusal(to: "postgresql:///test?host=\(folder.path)")?.code == .away)
    try openFile().close()
  }

  @Test func `a file that is missing, another's, damaged or of another design is refused`() throws {
    let address = try server.makeDatabase()
    #expect(refusal(to: address)?.code == .unreachable)
    _ = try fill()
    #expect(refusal(to: address, of: "other")?.code == .foreign)
    try SQLiteEngine.file(file, label: "test").write { connection in
      try connection.run("INSERT INTO grdb_migrations (identifier) VALUES ('test-2')")
    }
    #expect(refusal(to: address)?.code == .newer)
    try SQLiteEngine.file(file, label: "test").write { connection in
      try connection.run("DELETE FROM grdb_migrations WHERE identifier = 'test-2'")
      try connection.run("DELETE FROM log WHERE sequence = 50")
    }
    #expect(refusal(to: address)?.code == .damaged)
    #expect(try names(in: address) == "0")
  }
}
