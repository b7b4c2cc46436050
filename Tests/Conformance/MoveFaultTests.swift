import Events
import Foundation
import PostgreSQLServer
import RoomTesting
import Runtime
import Testing

@testable import Journal

/// Faults of a move that name the table and the row, and journals of rooms that are not known.
@Suite(
  .enabled(if: PostgreSQLServer.missing == nil, Comment(rawValue: PostgreSQLServer.missing ?? "")),
  .timeLimit(.minutes(1)))
struct MoveFaultTests {
  private let moves: MoveTests

  init() throws {
    moves = try MoveTests()
  }

  @Test func `a row that was changed on its way is named with its table, in the books too`() throws
  {
    _ = try moves.fill()
    for (table, change, row) in [
      ("vals", "NEW.amount := NEW.amount - 1", "the row number = 1 of the table vals"),
      ("books_charges", "NEW.attempts := 4", "the row key = “a” of the table charges"),
    ] {
      let address = try moves.server.makeDatabase()
      try moves.bend(table, by: change, in: address)
      let failure = moves.refusal(to: address)
      #expect(failure?.code == .damaged)
      #expect(failure?.summary.contains(row) == true, "\(failure?.summary ?? "")")
      #expect(!ServiceJournal.isMissing(moves.file))
    }
    try moves.openFile().close()
  }

  @Test func `a row that does not fit is named with its table, and the file stays`() throws {
    _ = try moves.fill()
    try SQLiteEngine.file(moves.file, label: "test").write { connection in
      try connection.run("UPDATE vals SET name = CAST(x'610062' AS TEXT) WHERE number = 77")
    }
    let address = try moves.server.makeDatabase()
    let failure = moves.refusal(to: address)
    #expect(
      failure?.summary.contains("the row number = 77 of the table vals does not fit") == true,
      "\(failure?.summary ?? "")")
    try moves.openFile().close()
  }

  @Test func `the journal of a room that is not known moves with the tables of its file`() throws {
    let head = try moves.fill()
    let later = Migration(
      "test-2", beside: .since(values.name), sql: "ALTER TABLE vals ADD COLUMN colour TEXT")
    try ServiceJournal(
      .file(moves.file), of: "test", migrations: [values, later], runtime: TestClock().runtime
    ).close()
    let address = try moves.server.makeDatabase()
    let moved = try JournalMove(
      of: "test", in: moves.folder.path, to: PostgreSQLAddress(address), migrations: [],
      tablesBeside: [MoveTests.books], takesFurtherTables: true
    ).perform()
    #expect(moved.mark.sequence == 120)
    // The version before the last step finds its migration done, and that the step allows it; and its
    // numbers go on.
    let journal = try moves.open(address)
    #expect(try journal.look { try $0.head() } == head)
    try journal.write { try $0.store("later") }
    #expect(try journal.look { try $0.names().last } == "later")
    try journal.close()
  }

  @Test(arguments: [
    ("CREATE TABLE more (part REAL)", "the column more.part is of the type REAL"),
    ("CREATE VIEW more AS SELECT 1 AS one", "the journal has the view more"),
    ("CREATE TABLE more (a TEXT PRIMARY KEY) WITHOUT ROWID", "WITHOUT ROWID"),
  ])
  func `a design that is not portable is refused before anything is written`(
    _ statement: String, _ words: String
  ) throws {
    _ = try moves.fill()
    try SQLiteEngine.file(moves.file, label: "test").write {
      try $0.run(SQL(stringLiteral: statement))
    }
    let address = try moves.server.makeDatabase()
    let failure = #expect(throws: JournalError.self) {
      try JournalMove(
        of: "test", in: moves.folder.path, to: PostgreSQLAddress(address), migrations: [],
        takesFurtherTables: true
      ).perform()
    }
    #expect(failure?.code == .unsuitable)
    #expect(failure?.summary.contains(words) == true, "\(failure?.summary ?? "")")
    #expect(try moves.names(in: address) == "0")
  }

  @Test func `a second move in a folder keeps the file of the first, also where it was killed`()
    throws
  {
    _ = try moves.fill()
    _ = try moves.move(to: try moves.server.makeDatabase())
    try FileManager.default.removeItem(atPath: "\(moves.folder.path)/journal.postgresql")
    try FileManager.default.removeItem(atPath: "\(moves.folder.path)/journal.sqlite.founded")
    try moves.openFile().close()
    let address = try moves.server.makeDatabase()
    #expect(try moves.move(to: address).kept == ["\(moves.file).moved.2"])
    // As where it was killed before the end.
    try moves.server.query(
      """
      CREATE TABLE eventually_move (service TEXT NOT NULL);
      INSERT INTO eventually_move VALUES ('test')
      """, in: address)
    #expect(try moves.move(to: address).mark.sequence == 0)
    try moves.open(address).close()
  }
}

extension MoveTests {
  /// Has the server change the rows of a table while they are stored.
  func bend(_ table: String, by change: String, in address: String) throws {
    try server.query(
      """
      CREATE FUNCTION bend() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        \(change); RETURN NEW; END $$;
      CREATE FUNCTION arm() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
        IF to_regclass('\(table)') IS NOT NULL AND
          NOT EXISTS (SELECT 1 FROM pg_trigger WHERE tgname = 'bend')
        THEN CREATE TRIGGER bend BEFORE INSERT ON \(table) FOR EACH ROW EXECUTE FUNCTION bend();
        END IF; END $$;
      CREATE EVENT TRIGGER arm ON ddl_command_end WHEN TAG IN ('CREATE TABLE')
        EXECUTE FUNCTION arm()
      """, in: address)
  }
}
