import Foundation
import Glibc
import PostgreSQLServer
import RoomTesting
import Runtime
import Testing

@testable import Journal

/// The failures of PostgreSQL while a journal is open.
@Suite(
  .serialized,
  .enabled(if: PostgreSQLServer.missing == nil, Comment(rawValue: PostgreSQLServer.missing ?? "")),
  .timeLimit(.minutes(3)))
struct PostgreSQLFailureTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func open(_ address: String) throws -> ServiceJournal {
    try ServiceJournal(
      .postgreSQL(PostgreSQLPlace(PostgreSQLAddress(address), folder: folder.path)), of: "test",
      migrations: [values], runtime: .going)
  }

  /// Ends the sessions of a database that are inside a transaction, or all, and waits until they have.
  private func terminate(
    _ server: PostgreSQLServer, of address: String, where condition: String = "true"
  ) throws {
    try server.query(
      """
      SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid() AND \(condition)
      """, in: address)
  }

  @Test func `a session that the server ends in a transaction is made anew, and nothing is lost`()
    async throws
  {
    let server = try PostgreSQLServer.shared.get()
    let address = try server.makeDatabase()
    let journal = try open(address)
    let runs = Counter()
    try await journal.write { transaction in
      runs.add(1)
      try transaction.store("once")
      if runs.value == 1 { try terminate(server, of: address, where: "state <> 'idle'") }
      _ = try transaction.names()
    }
    #expect(runs.value == 2)
    try terminate(server, of: address)
    // Idle sessions that have ended are seen before they are used.
    #expect(try journal.look { try $0.names() } == ["once"])
    try journal.writeNow { try $0.store("again") }
    #expect(try journal.look { try $0.names() } == ["once", "again"])
    #expect(journal.obstacle == nil)
    try journal.close()
  }

  @Test func `the answer to a commit that was lost with the connection is asked for`() throws {
    let server = try PostgreSQLServer.shared.get()
    let direct = try server.makeDatabase()
    let relay = try Relay(in: folder.path, to: server.folder)
    defer { relay.close() }
    let journal = try open(direct.replacing(server.folder, with: relay.folder))
    try journal.engine.write { connection in
      try connection.run("INSERT INTO vals (name) VALUES ('once')")
      try connection.requireSound()
      // The next answer is that to the commit.
      relay.loseNextAnswer()
    }
    #expect(try journal.look { try $0.names() } == ["once"])
    #expect(try server.query("SELECT name FROM vals", in: direct) == "once")
    try journal.close()
  }

  @Test(arguments: [nil, "a"])
  func `a process ends its own lost session, which the server believes alive, and has its locks`(
    replica: String?
  ) throws {
    let server = try PostgreSQLServer.shared.get()
    let direct = try server.makeDatabase()
    let relay = try Relay(in: folder.path, to: server.folder)
    defer { relay.close() }
    let address = try PostgreSQLAddress(direct.replacing(server.folder, with: relay.folder))
    let journal = try ServiceJournal(
      .postgreSQL(PostgreSQLPlace(address, replica: replica)), of: "test", migrations: [values],
      runtime: .going)
    try journal.writeNow { try $0.store("before") }
    let lock = """
      SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND
      database = (SELECT oid FROM pg_database WHERE datname = current_database()) LIMIT 1
      """
    let lost = try server.query(lock, in: direct)
    relay.dropClients()
    // No other process could have it.
    #expect(try server.query(lock, in: direct) == lost)
    try journal.writeNow { try $0.store("after") }
    #expect(try journal.look { try $0.names() } == ["before", "after"])
    let present = try server.query(lock, in: direct)
    #expect(!present.isEmpty && present != lost)
    try journal.close()
  }

  @Test func `a host that never answers keeps a commit no longer than ten seconds`() throws {
    let server = try PostgreSQLServer.shared.get()
    let direct = try server.makeDatabase()
    let relay = try Relay(in: folder.path, to: server.folder)
    defer { relay.close() }
    let journal = try open(direct.replacing(server.folder, with: relay.folder))
    var lostAt = ContinuousClock.now
    let failure = #expect(throws: JournalError.self) {
      try journal.engine.write { connection in
        try connection.run("INSERT INTO vals (name) VALUES ('unknown')")
        try connection.requireSound()
        relay.fallSilent()
        relay.loseNextAnswer()
        lostAt = .now
      }
    }
    #expect(failure?.code == .commit)
    // A watchdog of 15 s is not reached.
    #expect(lostAt.duration(to: .now) < .seconds(12))
    try journal.close()
  }

  @Test func `a commit that a crash of the server has undone is known to be undone`() throws {
    let server = try PostgreSQLServer()
    defer { server.remove() }
    let address = try server.makeDatabase()
    let journal = try open(address)
    let failure = #expect(throws: JournalError.self) {
      try journal.engine.write { connection in
        try connection.run("INSERT INTO vals (name) VALUES ('lost')")
        try connection.requireSound()
        try server.stop(.immediate)
        // Beside the writer, which asks for the outcome meanwhile.
        Thread.detachNewThread { try? server.start() }
      }
    }
    #expect(failure?.code == .away)
    #expect(failure?.summary.contains("nothing of it was stored") == true)
    try journal.writeNow { try $0.store("next") }
    #expect(try journal.look { try $0.names() } == ["next"])
    try journal.close()
  }

  @Test func `a commit whose wait for a standby was ended counts as unknown, and ends the journal`()
    async throws
  {
    let server = try PostgreSQLServer()
    defer { server.remove() }
    let address = try server.makeDatabase()
    let journal = try open(address)
    try server.query("ALTER SYSTEM SET synchronous_standby_names = 'missing'")
    try server.query("SELECT pg_reload_conf()")
    // The session has the new setting when a statement has begun after it.
    let isWaiting = "wait_event = 'SyncRep'"
    Thread.detachNewThread {
      for _ in 0..<200 {
        let count = try? server.query(
          "SELECT count(*) FROM pg_stat_activity WHERE \(isWaiting)", in: address)
        guard count == "0" else { break }
      }
      _ = try? server.query(
        "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE \(isWaiting)", in: address)
    }
    let failure = await #expect(throws: JournalError.self) {
      try await journal.write { try $0.store("half") }
    }
    #expect(failure?.code == .commit)
    #expect(await journal.failure()?.code == .commit)
    try journal.close()
  }

  @Test func `a server that is away is waited for`() async throws {
    let server = try PostgreSQLServer()
    defer { server.remove() }
    let journal = try open(try server.makeDatabase())
    try server.stop()
    for failure in [
      await #expect(throws: JournalError.self) {
        try await journal.write(patience: .zero) { try $0.store("refused") }
      },
      #expect(throws: JournalError.self) { try journal.look { try $0.names() } },
    ] {
      #expect(failure?.code == .away)
      #expect(failure?.failureKind == .passes)
    }
    let write = Task { try await journal.write { try $0.store("waited") } }
    try server.start()
    try await write.value
    #expect(try journal.look { try $0.names() } == ["waited"])
    #expect(journal.obstacle == nil)
    try journal.close()
  }

  @Test func `a session of a machine that is gone, or that stops, does not last`() throws {
    let server = try PostgreSQLServer()
    defer { server.remove() }
    let name = try #require(try server.makeDatabase().firstMatch(of: #/test\d+/#)).output
    let port = try freePort()
    try server.stop()
    try server.start(port: port)
    let journal = try open("postgresql://postgres@127.0.0.1:\(port)/\(name)")
    let settings = [
      "idle_in_transaction_session_timeout": "10s", "tcp_user_timeout": "10000",
      "tcp_keepalives_idle": "5", "statement_timeout": "0",
    ]
    for (setting, value) in settings {
      let query: SQL = "SELECT current_setting(CAST(\(setting) AS text)) AS value"
      let find = { (connection: any Connection) in
        try connection.rows(query).first?.value("value", as: String.self)
      }
      #expect(try journal.engine.write(find) == value, "\(setting)")
      #expect(try journal.engine.read(find) == value, "\(setting)")
    }
    try journal.close()
  }

  /// A port of this machine that nothing listens on.
  private func freePort() throws -> Int {
    let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(file) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(file, $0, length) == 0 && getsockname(file, $0, &length) == 0
      }
    }
    try #require(isBound)
    return Int(in_port_t(bigEndian: address.sin_port))
  }

  @Test func `a process that stops inside a transaction does not hold the journal's row`()
    async throws
  {
    let server = try PostgreSQLServer.shared.get()
    let address = try server.makeDatabase()
    let first = try ServiceJournal.replica("first", at: address, in: .going)
    let second = try ServiceJournal.replica("second", at: address, in: .going)
    let runs = Counter()
    try await first.write { transaction in
      runs.add(1)
      try transaction.store("first")
      _ = try transaction.names()
      guard runs.value == 1 else { return }
      // The other one writes while this transaction is held open, as soon as the server ends it.
      let isDone = DispatchSemaphore(value: 0)
      Task {
        try? await second.write { try $0.store("second") }
        isDone.signal()
      }
      isDone.wait()
    }
    #expect(runs.value == 2)
    #expect(try first.look { try $0.names() } == ["second", "first"])
    try first.close()
    try second.close()
  }
}
