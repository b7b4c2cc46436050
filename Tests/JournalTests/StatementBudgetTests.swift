import Events
import RoomTesting
import Testing

@testable import Journal

/// The statements that a command and a followed event cost, beside the room's own.
@Suite(.timeLimit(.minutes(1)))
struct StatementBudgetTests {
  private let clock = TestClock()

  /// The statements of a group, each by its first two words.
  private func statements(
    of group: [any GroupWork], reacting reactions: Reactions = [], isFirst: Bool = true
  ) throws -> [String: Int] {
    let engine = try SQLiteEngine.inMemory(label: "a test")
    try engine.migrate(journalMigrations + [texts])
    let statements = Heard<String>()
    try engine.write { connection in
      try connection.found("test", epoch: Epoch(1))
      let counting = CountingConnection(base: connection, texts: statements)
      let known =
        try isFirst
        ? nil
        : Transaction.Beginning(head: Snapshot(connection: connection).head(), hasDeferred: false)
      let run = GroupRun(connection: counting, undoing: .byRollback, known: known) {
        try Transaction(
          $0, after: $1, undoing: $2, in: .init(reactions: reactions, runtime: clock.runtime))
      }
      let outcome = try run.perform { group }
      #expect(try Snapshot(connection: connection).head() == outcome.end.head)
    }
    return statements.values.reduce(into: [:]) { counts, text in
      counts[text.split(separator: " ").prefix(2).joined(separator: " "), default: 0] += 1
    }
  }

  /// Work that emits an event each.
  private func commands() -> [PendingWork<Void>] {
    let correlation = clock.correlation
    return (1...50).map { number in
      PendingWork<Void> {
        try $0.emit(Opened(thing: "\(number)"), correlation: correlation)
      } completion: { _ in
      }
    }
  }

  @Test func `a command costs one statement for each event, and a group three`() throws {
    // The head is read and stored, and one query finds that no event is deferred.
    #expect(
      try statements(of: commands())
        == ["SELECT *": 1, "SELECT 1": 1, "INSERT INTO": 50, "UPDATE journal": 1])
  }

  @Test func `a group after another looks for nothing`() throws {
    #expect(
      try statements(of: commands(), isFirst: false)
        == ["INSERT INTO": 50, "UPDATE journal": 1])
  }

  @Test func `followed events cost no statement of the journal, and their commit four`() throws {
    let log = SyntheticLog("other")
    let records = try (1...50).map { try log.next(Noted(thing: "\($0)", text: "\($0)")) }
    let cursor = log.cursor
    let storing = Reaction.on(Noted.self, from: "other") { event, transaction in
      try transaction.store(event.data.text)
      return .done
    }
    let work = PendingWork<Void> {
      try $0.apply(records, of: "other", from: .start, through: cursor)
    } completion: { _ in
    }
    // The head, the cursor before, whether an event is deferred; 50 of the room, and the cursor.
    #expect(
      try statements(of: [work], reacting: [storing])
        == ["SELECT *": 1, "SELECT epoch,": 1, "SELECT 1": 1, "INSERT INTO": 51])
  }
}

/// A connection that notes every statement.
private final class CountingConnection: Connection {
  private let base: any Connection
  private let texts: Heard<String>

  init(base: any Connection, texts: Heard<String>) {
    self.base = base
    self.texts = texts
  }

  func rows(_ query: SQL) throws -> [Row] {
    texts.add(query.text)
    return try base.rows(query)
  }

  func run(_ command: SQL) throws {
    texts.add(command.text)
    try base.run(command)
  }

  func undoable<Value>(_ part: () throws -> (value: Value, keep: Bool)) throws -> Value {
    texts.add("SAVEPOINT")
    return try base.undoable(part)
  }
}
