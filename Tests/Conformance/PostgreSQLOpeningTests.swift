import Foundation
import PostgreSQLServer
import RoomTesting
import Runtime
import Testing

@testable import Journal

/// Databases that are refused, each with its reason and its remedy.
@Suite(
  .enabled(if: PostgreSQLServer.missing == nil, Comment(rawValue: PostgreSQLServer.missing ?? "")),
  .timeLimit(.minutes(2)))
struct PostgreSQLOpeningTests {
  private let server: PostgreSQLServer
  private let folder: TemporaryFolder

  init() throws {
    server = try PostgreSQLServer.shared.get()
    folder = try TemporaryFolder()
  }

  @discardableResult
  private func open(
    _ address: String, of service: String = "test", migrations: [Migration] = [values]
  ) throws -> ServiceJournal {
    let place = PostgreSQLPlace(try PostgreSQLAddress(address), folder: folder.path)
    return try ServiceJournal(
      .postgreSQL(place), of: service, migrations: migrations, runtime: TestClock().runtime)
  }

  /// - Parameter words: a part of the sentence for people.
  private func refusal(
    of address: String, service: String = "test", migrations: [Migration] = [values],
    says words: String? = nil
  ) -> JournalError? {
    let failure = #expect(throws: JournalError.self) {
      try open(address, of: service, migrations: migrations)
    }
    #expect(failure?.remedy.isEmpty == false)
    #expect(failure?.description.contains("secret") == false)
    if let words {
      #expect(failure?.summary.contains(words) == true, "\(failure?.summary ?? "")")
    }
    return failure
  }

  @Test func `another service's journal, one of a newer version, and other tables are refused`()
    throws
  {
    let address = try server.makeDatabase()
    try open(address).close()
    let foreign = refusal(
      of: address, service: "other", says: "is the journal of test, not of other")
    #expect(foreign?.code == .foreign)
    let newer = refusal(of: address, migrations: [], says: "was written by a newer version")
    #expect(newer?.code == .newer)
    let strange = try server.makeDatabase()
    try server.query("CREATE TABLE customers (id bigint)", in: strange)
    let full = refusal(of: strange, says: "holds other tables (customers), and no journal")
    #expect(full?.code == .notADatabase)
    try server.query("CREATE TABLE journal (id bigint)", in: strange)
    #expect(refusal(of: strange, says: "that is no journal's")?.code == .notADatabase)
    let count = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
    #expect(try server.query(count, in: strange) == "2")
  }

  @Test func `a server that is away or refuses the user is named, without the password`() throws {
    let nowhere = refusal(
      of: "postgresql://test:secret@/test?host=\(folder.path)", says: "cannot be reached")
    #expect(nowhere?.code == .away)
    #expect(nowhere?.failureKind == .passes)
    #expect(nowhere?.summary.contains("postgresql:///test?host=\(folder.path)") == true)
    let database = server.address(of: "missing")
    #expect(refusal(of: database, says: "does not exist")?.code == .unreachable)
    let user = server.address(of: "postgres", user: "missing:secret")
    #expect(refusal(of: user, says: "refuses this service")?.code == .unreachable)
    let host = refusal(
      of: "postgresql://test:secret@missing.invalid/test", says: "cannot be reached")
    #expect(host?.code == .away)
  }

  @Test func `a user without rights, and a database that is read-only, are refused`() throws {
    let address = try server.makeDatabase()
    try server.query("CREATE ROLE guest LOGIN", in: address)
    let guest = address.replacing("postgres@", with: "guest@")
    #expect(refusal(of: guest, says: "refuses this service (permission")?.code == .unreachable)
    let fixed = try server.makeDatabase()
    let name = try #require(fixed.firstMatch(of: #/test\d+/#)).output
    try server.query("ALTER DATABASE \(name) SET default_transaction_read_only = on")
    let failure = refusal(of: fixed, says: "is read-only")
    #expect(failure?.code == .readOnly)
    #expect(failure?.failureKind == .passes)
  }

  @Test func `a server without a free connection is waited for`() throws {
    let address = try server.makeDatabase()
    let name = try #require(address.firstMatch(of: #/test\d+/#)).output
    try server.query("CREATE ROLE few LOGIN CONNECTION LIMIT 0")
    try server.query("ALTER DATABASE \(name) OWNER TO few")
    let few = address.replacing("postgres@", with: "few@")
    let failure = refusal(of: few, says: "has no connection left")
    #expect(failure?.code == .noConnections)
    #expect(failure?.failureKind == .passes)
    try server.query("ALTER ROLE few CONNECTION LIMIT 10")
    try open(few).close()
  }

  @Test func `a database that sorts by a language, or stores no UTF-8, is refused`() throws {
    let encoding = try server.makeDatabase("LOCALE 'C' ENCODING 'LATIN1' TEMPLATE template0")
    #expect(refusal(of: encoding)?.code == .unsuitable)
    let language = try server.makeDatabase(
      "LOCALE_PROVIDER icu ICU_LOCALE 'en' LOCALE 'C' TEMPLATE template0")
    #expect(refusal(of: language)?.code == .unsuitable)
  }

  @Test func `a commit is brought to the disk whatever the database is set to`() throws {
    let address = try server.makeDatabase()
    let name = try #require(address.firstMatch(of: #/test\d+/#)).output
    try server.query("ALTER DATABASE \(name) SET synchronous_commit = off")
    let journal = try open(address)
    let setting = try journal.engine.write { connection in
      try connection.rows("SELECT current_setting('synchronous_commit') AS value").first?
        .value("value", as: String.self)
    }
    #expect(setting == "on")
    try journal.close()
  }

  @Test func `one process at a time has a journal open`() throws {
    let address = try server.makeDatabase()
    let first = try open(address)
    let failure = refusal(of: address)
    #expect(failure?.code == .busy)
    #expect(failure?.summary.contains("the server's session") == true)
    try first.close()
    try open(address).close()
  }

  @Test func `a database that was emptied, and a file in its place, are refused`() throws {
    let address = try server.makeDatabase()
    try open(address).close()
    let empty = try server.makeDatabase()
    #expect(refusal(of: empty)?.code == .emptied)
    let file = "\(folder.path)/journal.sqlite"
    let failure = #expect(throws: JournalError.self) {
      try ServiceJournal(.file(file), of: "test", runtime: TestClock().runtime)
    }
    #expect(failure?.code == .emptied)
    #expect(failure?.summary.contains(try PostgreSQLAddress(address).description) == true)
    try FileManager.default.removeItem(atPath: "\(folder.path)/journal.postgresql")
    try ServiceJournal(.file(file), of: "test", runtime: TestClock().runtime).close()
    #expect(refusal(of: empty)?.code == .emptied)
  }

  @Test func `a restored database is accepted with a new history, and an empty one is not`() throws
  {
    let address = try server.makeDatabase()
    let journal = try open(address)
    try journal.write { _ = try $0.emit(Noted(thing: "a", text: "")) }
    let before = try journal.read { try $0.head() }
    let runtime = TestClock().runtime
    // Not while the service has it open.
    let busy = #expect(throws: JournalError.self) {
      try ServiceJournal.accept(PostgreSQLAddress(address), of: "test", runtime: runtime)
    }
    #expect(busy?.code == .busy)
    try journal.close()
    let acceptance = try ServiceJournal.accept(
      PostgreSQLAddress(address), of: "test", runtime: runtime)
    #expect(acceptance.mark.sequence == 1)
    #expect(acceptance.mark.epoch == before.epoch)
    let next = try open(address)
    #expect(try next.read { try $0.head().epoch } == acceptance.history.epoch)
    try next.close()
    let empty = try server.makeDatabase()
    let failure = #expect(throws: JournalError.self) {
      try ServiceJournal.accept(PostgreSQLAddress(empty), of: "test", runtime: runtime)
    }
    #expect(failure?.code == .notADatabase)
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
    #expect(try server.query(tables, in: empty) == "0")
  }

  @Test func `two services share a database, each in a schema of its own`() throws {
    let address = try server.makeDatabase()
    try server.query("CREATE SCHEMA one; CREATE SCHEMA two", in: address)
    let journals = try ["one", "two"].map { name in
      let place = PostgreSQLPlace(
        try PostgreSQLAddress("\(address)&options=-csearch_path%3D\(name)"))
      return try ServiceJournal(
        .postgreSQL(place), of: name, migrations: [values], runtime: TestClock().runtime)
    }
    for journal in journals { try journal.write { try $0.store(journal.stream) } }
    for journal in journals {
      #expect(try journal.read { try $0.names() } == [journal.stream])
      try journal.close()
    }
  }

  @Test(arguments: [
    ("postgresql://alpha:secret@db.example:5433/shop", "postgresql://db.example:5433/shop"),
    ("postgresql://a@one,two/shop?target_session_attrs=read-write", "postgresql://one,two/shop"),
    ("postgresql:///shop?host=/run/postgresql", "postgresql:///shop?host=/run/postgresql"),
  ])
  func `an address is described without the user and the password`(
    _ address: String, _ description: String
  ) throws {
    #expect(try PostgreSQLAddress(address).description == description)
  }

  @Test(arguments: ["", "mysql://a/b", "postgresql://host", "postgresql://a:%zz@b/c", "/a/file"])
  func `a text that is no address is refused, and not repeated`(_ text: String) throws {
    let fault = #expect(throws: PostgreSQLAddress.Fault.self) { try PostgreSQLAddress(text) }
    #expect(fault?.description.contains("%zz") == false)
  }
}
