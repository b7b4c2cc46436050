import Testing

@testable import CommandLineTool
@testable import Journal

extension BackupTests {
  /// The books of a gateway beside the journal.
  @Suite(.timeLimit(.minutes(1)))
  struct Books {
    private let folder: BackupTests

    init() throws {
      folder = try BackupTests()
    }

    @Test("Books without a charge are replaced by the copy, and those with other charges are not")
    func newBooks() throws {
      try folder.emit("a")
      let own = "\(folder.place.folder)/gateway.sqlite"
      try folder.makeBooks(own, charges: ["a", "b"])
      try folder.backUp()
      let copy = try #require(folder.place.databases(besideCopy: folder.newest().file).first)
      // A daemon on a new machine makes them.
      try folder.makeBooks(own, charges: [])
      #expect(try ServiceJournal.restoreLost(copy))
      #expect(try charges(in: own) == ["a", "b"])
      try folder.makeBooks(own, charges: ["a", "b", "c"])
      #expect(try !ServiceJournal.restoreLost(copy))
      try folder.makeBooks(own, charges: ["a", "c"])
      let failure = #expect(throws: JournalError.self) { _ = try ServiceJournal.restoreLost(copy) }
      #expect(failure?.summary.contains("lacks 1 of the 2 rows") == true)
      #expect(try charges(in: own) == ["a", "c"])
    }

    private func charges(in path: String) throws -> [String] {
      try SQLiteFile.read(path) { file in
        try file.rows("SELECT key FROM charges ORDER BY key").map { try $0.value("key") }
      }
    }
  }
}
