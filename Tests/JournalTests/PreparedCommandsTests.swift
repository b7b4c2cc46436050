import GRDB
import RoomTesting
import Testing

@testable import Journal

/// The prepared statements of a writer: each text has its own, however many there are, and none keeps
/// the database open.
@Suite(.timeLimit(.minutes(1))) struct PreparedCommandsTests {
  private let folder: TemporaryFolder
  private let database: DatabaseQueue
  private let commands = PreparedCommands()

  init() throws {
    folder = try TemporaryFolder()
    database = try DatabaseQueue(path: folder.file())
  }

  /// Texts of many places, and many of one place.
  private static let texts = (0..<900).map { "SELECT \($0)" } + (0..<900).map { "SELECT 1 + \($0)" }

  private func expectOwn(_ texts: [String]) throws {
    try database.writeWithoutTransaction { database in
      for text in texts {
        let statement = try commands.statement(text, in: database)
        #expect(statement.sql == text)
        let always = try commands.statement("SELECT 'always'", in: database)
        #expect(always.sql == "SELECT 'always'")
      }
    }
  }

  @Test func `each text has its own statement, whichever came between`() throws {
    try expectOwn(Self.texts)
    try expectOwn(Self.texts.reversed())
    try expectOwn(["", "S"].map { "SELECT 1 AS \($0)x" })
  }

  @Test func `a database closes after the end, and after what ran behind it`() throws {
    try expectOwn(Self.texts)
    database.writeWithoutTransaction { _ in commands.end() }
    try expectOwn(["SELECT 2", "SELECT 3"])
    try database.close()
  }

  @Test func `a text that is no SQL is refused, and again`() throws {
    database.writeWithoutTransaction { database in
      for _ in 0..<2 {
        #expect(throws: DatabaseError.self) { try commands.statement("SELEKT", in: database) }
      }
    }
  }
}
