import Events
import RoomTesting
import Runtime
import Testing

@testable import Journal

/// What a journal remembers of its database from one transaction to the next.
@Suite(.timeLimit(.minutes(1))) struct KnownStateTests {
  private let folder: TemporaryFolder
  private let journal: ServiceJournal

  init() throws {
    folder = try TemporaryFolder()
    journal = try makeJournal(.file(folder.file()))
  }

  private func emit() throws {
    try journal.write { try $0.emit(Opened(thing: "door")) }
  }

  /// Commits in a connection of another process's kind.
  private func commitElsewhere(_ command: SQL) throws {
    let other = try SQLiteEngine.file(folder.file(), label: "another")
    try other.write { try $0.run(command) }
    try other.close()
  }

  @Test func `each commit makes the version of the data one greater`() throws {
    func version() throws -> UInt32 {
      let version = try journal.engine.write(\.dataVersion)
      return try #require(version)
    }
    let first = try version()
    #expect(try version() == first + 1)
    try emit()
    #expect(try version() == first + 3)
    #expect(throws: Refused.self) { try journal.write { _ in throw Refused() } }
    #expect(try version() == first + 4)
    try commitElsewhere("UPDATE journal SET lost = NULL")
    #expect(try version() > first + 5)
  }

  @Test func `a read between writes sees what was committed, and is no commit itself`() async throws
  {
    func version() throws -> UInt32? { try journal.engine.write(\.dataVersion) }
    try emit()
    let before = try #require(try version())
    for _ in 0..<3 {
      let read = try journal.engine.readBetweenWrites {
        try Snapshot(connection: $0).head().sequence
      }
      #expect(read == 1)
    }
    #expect(try version() == before + 1)
    #expect(throws: Refused.self) {
      try journal.engine.readBetweenWrites { _ in throw Refused() } as Void?
    }
    await #expect(throws: Refused.self) {
      try await journal.readBetweenWrites { _ in throw Refused() }
    }
    try emit()
    #expect(try await journal.readBetweenWrites { try $0.head().sequence } == 2)
  }

  @Test func `a transaction sees what another process has committed`() throws {
    try emit()
    try commitElsewhere("UPDATE journal SET lost = 'a page'")
    #expect(throws: HistoryLost.self) { try emit() }
    try commitElsewhere("UPDATE journal SET lost = NULL")
    try emit()
    #expect(try journal.read { try $0.head() }.sequence == 2)
  }

  /// Only a transaction that reads the row finds what was written past the journal.
  @Test func `a transaction does not read what the one before has left`() throws {
    func floor() throws -> UInt64 { try journal.write { try $0.head().floor } }
    let known = try floor()
    try journal.write { try $0.run("UPDATE journal SET floor = 7") }
    #expect(try floor() == known)
    try commitElsewhere("UPDATE journal SET starts = starts")
    #expect(try floor() == 7)
  }

  @Test func `an event that another process defers is found`() throws {
    #expect(try journal.write { try $0.hasDeferred() } == false)
    try commitElsewhere(
      """
      INSERT INTO put_aside (id, stream, sequence, subject, topic, header, body, state, reason,
      causes, attempts, due_at, at) VALUES (\(Identifier(at: .init(microseconds: 0), random: 1)),
      'other', 1, '', '', '', '', 'dead', '', '[]', 1, 0, 0)
      """)
    #expect(try journal.write { try $0.hasDeferred() })
  }

  @Test func `a failed transaction leaves nothing that is known`() throws {
    try emit()
    #expect(throws: Refused.self) {
      try journal.write {
        try $0.emit(Opened(thing: "window"))
        throw Refused()
      }
    }
    try emit()
    #expect(try journal.read { try $0.head() }.sequence == 2)
  }
}
