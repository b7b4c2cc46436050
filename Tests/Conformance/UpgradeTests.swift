import Events
import PostgreSQLServer
import RoomTesting
import Runtime
import Testing

@testable import Journal

/// Programs of two versions that have a journal open beside each other.
@Suite(
  .enabled(if: PostgreSQLServer.missing == nil, Comment(rawValue: PostgreSQLServer.missing ?? "")),
  .timeLimit(.minutes(1)))
struct UpgradeTests {
  private let server: PostgreSQLServer
  private let address: String

  init() throws {
    server = try PostgreSQLServer.shared.get()
    address = try server.makeDatabase()
  }

  /// Opens the journal as a replica.
  ///
  /// - Parameter count: the number of the steps that the program has.
  private func open(
    as replica: String, steps count: Int, reacting reactions: Reactions = []
  ) throws -> ServiceJournal {
    try .replica(
      replica, at: address, migrations: Array(StepConformance.steps.prefix(count)),
      reacting: reactions)
  }

  /// The refusal of a program; the database has the same steps as before.
  private func refusal(as replica: String, steps count: Int) throws -> JournalError? {
    let query = "SELECT count(*) FROM eventually_migrations"
    let before = try server.query(query, in: address)
    let error = #expect(throws: JournalError.self) { try open(as: replica, steps: count) }
    #expect(try server.query(query, in: address) == before)
    return error
  }

  /// Closes a journal, and waits until the server has ended its session.
  private func close(_ journal: ServiceJournal, of replica: String) throws {
    try journal.close()
    let query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = "
    while try server.query("\(query)'eventually replica \(replica)'", in: address) != "0" {}
  }

  /// Ends the session by which a replica writes, as a server does that restarts.
  private func endSession(of replica: String) throws {
    try server.query(
      """
      SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
      WHERE application_name = 'eventually replica \(replica)'
      """, in: address)
  }

  private func write(_ name: String, to journal: ServiceJournal) async throws {
    try await journal.write { transaction in
      try transaction.run("INSERT INTO vals (name) VALUES (\(name))")
      // A result whose columns the step changes, in a statement that was prepared before it.
      _ = try transaction.rows("SELECT * FROM vals WHERE name = \(name)")
      _ = try transaction.emit(Noted(thing: name, text: ""))
    }
  }

  @Test func `an older replica keeps an event that only a newer one has a reaction to`() throws {
    let patient = Reaction.on(Noted.self, from: "other") { _, _ in .wait("for more") }
    let other = SyntheticLog("other")
    let record = try other.next(Noted(thing: "a", text: "kept"), about: "a")
    let new = try open(as: "b", steps: 1, reacting: [patient])
    try new.write { try $0.apply([record], of: "other", from: .start, through: other.cursor) }
    let old = try open(as: "a", steps: 1)
    try old.retryDeferred()
    #expect(
      try server.query("SELECT state, reason FROM put_aside", in: address)
        == "dead|this version of the program has no reaction to it")
    try close(new, of: "b")
    let storing = Reaction.on(Noted.self, from: "other") { event, transaction in
      try transaction.run("INSERT INTO vals (name) VALUES (\(event.data.text))")
      return .done
    }
    let newer = try open(as: "b", steps: 1, reacting: [storing])
    try newer.retryDeferred()
    #expect(try server.query("SELECT name FROM vals", in: address) == "kept")
    #expect(try server.query("SELECT count(*) FROM put_aside", in: address) == "0")
    try newer.close()
    try old.close()
  }

  @Test func `two versions write beside each other after a step that allows it, and back`()
    async throws
  {
    let old = try open(as: "a", steps: 1)
    try await write("before", to: old)
    let new = try open(as: "b", steps: 2)
    for number in 1...10 {
      try await write("old \(number)", to: old)
      try await write("new \(number)", to: new)
      try await new.write {
        try $0.run("UPDATE vals SET colour = 'red' WHERE name = \("old \(number)")")
      }
    }
    // Restarted in the middle of the upgrade; then both are old again.
    try close(old, of: "a")
    let again = try open(as: "a", steps: 1)
    try await write("restarted", to: again)
    try close(new, of: "b")
    let back = try open(as: "b", steps: 1)
    try await write("back", to: back)
    let (records, names) = try again.look { (try $0.checkedLog(), try $0.names()) }
    #expect(names.count == 23 && records.count == 23)
    #expect(records.compactMap { JSONValue($0.body)?["subject"]?.string } == names)
    #expect(
      try server.query("SELECT count(*) FROM vals WHERE colour = 'red'", in: address) == "10")
    try again.close()
    try back.close()
  }

  @Test func `a step that no older program may meet waits for them, each by its name`() async throws
  {
    let old = try open(as: "a", steps: 2)
    let error = try #require(try refusal(as: "b", steps: 4))
    #expect(error.code == .busy && error.failureKind == .passes)
    #expect(error.summary.contains("is open in an older version: the server's session "))
    #expect(error.summary.hasSuffix("(eventually replica a)"))
    #expect(error.remedy.contains("the step test-4"))
    try await write("the older one goes on", to: old)
    try close(old, of: "a")
    let new = try open(as: "b", steps: 4)
    #expect(try refusal(as: "a", steps: 2)?.code == .newer)
    let other = try open(as: "a", steps: 4)
    try await write("of the newer ones", to: other)
    try await write("both", to: new)
    try new.close()
    try other.close()
  }

  @Test func `a step waits for the programs before the one that it names, and for no others`()
    async throws
  {
    let oldest = try open(as: "a", steps: 1)
    let middle = try open(as: "b", steps: 2)
    let error = try #require(try refusal(as: "c", steps: 3))
    #expect(error.summary.contains("replica a)") && !error.summary.contains("replica b)"))
    try close(oldest, of: "a")
    let newest = try open(as: "c", steps: 3)
    try await write("middle", to: middle)
    try await write("newest", to: newest)
    #expect(try refusal(as: "a", steps: 1)?.code == .newer)
    let again = try open(as: "a", steps: 2)
    #expect(try again.look { try $0.names() } == ["middle", "newest"])
    for journal in [middle, newest, again] { try journal.close() }
  }

  @Test func `an older program whose session was lost meanwhile stops at its next commit`()
    async throws
  {
    let old = try open(as: "a", steps: 1)
    try await write("before", to: old)
    try endSession(of: "a")
    let new = try open(as: "b", steps: 4)
    let error = await #expect(throws: JournalError.self) { try await write("after", to: old) }
    #expect(error?.code == .newer)
    #expect(await old.failure()?.code == .newer)
    #expect(try new.look { try $0.names() } == ["before"])
    try new.close()
    try old.close()
  }

  @Test func `a program that connects while a step runs waits for its end, and looks at it then`()
    async throws
  {
    let old = try open(as: "a", steps: 1)
    try endSession(of: "a")
    let newer = try PostgreSQLSession(
      to: PostgreSQLAddress(address), settings: PostgreSQLSettings.writer)
    let lock = "(\(PostgreSQLSettings.migrationLock), hashtext(current_schema()))"
    try newer.script("SELECT pg_advisory_lock\(lock)")
    let writing = Task { try await write("after", to: old) }
    let waiting = """
      SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      """
    while try server.query(waiting, in: address) == "0" {}
    try newer.script(
      """
      INSERT INTO eventually_migrations (name) VALUES ('test-4');
      SELECT pg_advisory_unlock\(lock)
      """)
    let error = await #expect(throws: JournalError.self) { try await writing.value }
    #expect(error?.code == .newer)
    try old.close()
  }
}
