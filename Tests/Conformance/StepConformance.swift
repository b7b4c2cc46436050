import Testing

@testable import Journal

/// The programs that start on a database after the steps of newer ones.
@Suite(.timeLimit(.minutes(1)))
struct StepConformance {
  /// A table with one more column, then without an older one, then with another name of a column.
  static let steps = [
    values,
    Migration("test-2", beside: .all, sql: "ALTER TABLE vals ADD COLUMN colour TEXT;"),
    Migration(
      "test-3", beside: .since("test-2"), sql: "ALTER TABLE vals DROP COLUMN amount -- old"),
    Migration("test-4", sql: "ALTER TABLE vals RENAME COLUMN bytes TO data"),
  ]

  @Test(arguments: TestedEngine.all)
  func `an older program starts where each step that it does not have allows it`(
    engine: TestedEngine
  ) throws {
    let database = try TestDatabase(engine)
    for (count, oldest) in [(1, 1), (2, 1), (3, 2), (4, 4)] {
      try database.open(migrations: Array(Self.steps.prefix(count))).close()
      for older in 1...count {
        let program = Array(Self.steps.prefix(older))
        if older >= oldest {
          let journal = try database.open(migrations: program)
          let name = "\(count) \(older)"
          try journal.write { try $0.run("INSERT INTO vals (name) VALUES (\(name))") }
          try journal.close()
        } else {
          let refusal = #expect(throws: JournalError.self) {
            try database.open(migrations: program)
          }
          #expect(refusal?.code == .newer, "\(count) \(older)")
        }
      }
    }
    let journal = try database.open(migrations: Self.steps)
    #expect(try journal.look { try $0.names() } == ["1 1", "2 1", "2 2", "3 2", "3 3", "4 4"])
    try journal.close()
  }
}
