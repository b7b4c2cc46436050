import Events
import PostgreSQLServer
import Runtime
import Testing

@testable import Journal

/// What is not on the standby, for which commits wait, is neither read nor reported.
@Suite(
  .enabled(if: PostgreSQLServer.missing == nil, Comment(rawValue: PostgreSQLServer.missing ?? "")),
  .timeLimit(.minutes(2)))
struct StandbyTests {
  @Test func `a standby is not read, also where its address is among those of the journal`() throws
  {
    let server = try PostgreSQLServer()
    defer { server.remove() }
    try server.startStandby()
    // The option with which libpq itself would look for the primary.
    let address = try server.makeDatabase().replacing("&target_session_attrs=read-write", with: "")
    let journal = try ServiceJournal.replica("a", at: address, in: .going)
    try journal.write { try $0.store("one") }
    #expect(try journal.read { try $0.names() } == ["one"])
    try server.stop(.immediate)
    // The end of the session is found by the first; the next ones come to the standby.
    var codes: [JournalError.Code?] = []
    for _ in 1...3 {
      let failure = #expect(throws: JournalError.self) { try journal.read { try $0.names() } }
      codes.append(failure?.code)
    }
    #expect(codes.dropFirst() == [.readOnly, .readOnly])
    try server.start()
    #expect(try journal.read { try $0.names() } == ["one"])
    try journal.close()
  }

  @Test func `a commit whose wait for the standby was ended is reported when the standby has it`()
    async throws
  {
    let server = try PostgreSQLServer()
    defer { server.remove() }
    let address = try server.makeDatabase()
    let first = try ServiceJournal.replica("a", at: address, in: .going)
    let second = try ServiceJournal.replica("b", at: address, in: .going)
    let reports = Counter()
    let (reported, report) = AsyncStream<Void>.makeStream()
    let registration = first.onForeignCommit {
      reports.add(1)
      report.yield()
    }
    try await second.write { try $0.store("before") }
    for await _ in reported { break }
    try server.query("ALTER SYSTEM SET synchronous_standby_names = 'missing'")
    try server.query("SELECT pg_reload_conf()")
    func count(_ condition: String) throws -> String {
      try server.query(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND \(condition)",
        in: address)
    }
    let half = Task { try await second.write { try $0.store("half") } }
    try await until { try count("true") == "1" }
    let before = reports.value
    try server.query(
      "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'",
      in: address)
    await #expect(throws: JournalError.self) { try await half.value }
    // It is visible. A new session assumes a commit, and waits for the standby before it says so.
    #expect(try first.look { try $0.names() } == ["before", "half"])
    try server.query(
      """
      SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
      WHERE application_name = 'eventually listener' AND datname = current_database()
      """, in: address)
    try await until { try count("query LIKE '%pg_logical_emit_message%'") != "0" }
    #expect(reports.value == before)
    try server.query("ALTER SYSTEM RESET synchronous_standby_names")
    try server.query("SELECT pg_reload_conf()")
    for await _ in reported where reports.value > before { break }
    withExtendedLifetime(registration) {}
    try first.close()
    try second.close()
  }
}
