import Daemon
import Foundation
import PostgreSQLServer
import RoomTesting
import Schema
import Synchronization
import Testing

@testable import Charlie
@testable import Journal

/// The books of the embedded gateway, which its replicas share: the same on each engine.
@Suite("The books of the gateway", .timeLimit(.minutes(1)))
struct GatewayConformance {
  /// A place for books, in which gateways are opened beside and after each other.
  private final class SharedBooks: Sendable {
    private let folder: TemporaryFolder
    /// Nil for a file.
    let address: String?

    init(_ engine: TestedEngine) throws {
      folder = try TemporaryFolder()
      address = engine == .sqlite ? nil : try PostgreSQLServer.shared.get().makeDatabase()
    }

    private var books: EmbeddedGateway.Books {
      get throws {
        try address.map { .database(PostgreSQLBooks(try PostgreSQLAddress($0))) }
          ?? .file("\(folder.path)/gateway.sqlite")
      }
    }

    func gateway() throws -> EmbeddedGateway { EmbeddedGateway(try books) }

    /// The number of calls for each key that was answered.
    func attempts() throws -> [String: Int] {
      let (engine, table): (any Engine, String) =
        try address.map { (PostgreSQLBooks(try PostgreSQLAddress($0)), "gateway_charges") }
        ?? (SQLiteEngine.file("\(folder.path)/gateway.sqlite", label: "test"), "charges")
      defer { try? engine.close() }
      let rows = try engine.read { books in
        try books.rows(
          SQL(stringLiteral: "SELECT key, attempts FROM \(table) WHERE answer IS NOT NULL"))
      }
      return Dictionary(
        uniqueKeysWithValues: try rows.map { (try $0.value("key"), try $0.value("attempts")) })
    }
  }

  private static func request(_ key: String, _ product: String = "widget") -> GatewayRequest {
    GatewayRequest(
      idempotencyKey: key, product: product, total: Money(amount: 100, currency: .usd))
  }

  @Test(arguments: TestedEngine.all)
  func `two gateways that are asked at once charge each key once, and answer alike`(
    _ engine: TestedEngine
  ) async throws {
    let books = try SharedBooks(engine)
    let gateways = [try books.gateway(), try books.gateway()]
    let keys = (0..<120).map { "order:\($0)" }
    let answers = await withTaskGroup(of: (String, GatewayAnswer?).self) { calls in
      // Batches of the two have the same keys in other orders.
      for (gateway, keys) in zip(gateways, [keys, keys.reversed()]) {
        for key in keys {
          calls.addTask {
            let product = gateway === gateways[0] ? "test-decline-a" : "test-decline-b"
            return (key, await Self.patiently(gateway, Self.request(key, product)))
          }
        }
      }
      return await calls.reduce(into: [:]) { answers, answer in
        answers[answer.0, default: []].append(answer.1)
      }
    }
    for key in keys {
      let pair = try #require(answers[key])
      #expect(pair.count == 2 && pair[0] != nil && pair[0] == pair[1])
    }
    // Both asked.
    let attempts = try books.attempts()
    #expect(attempts.count == keys.count)
    #expect(attempts.values.allSatisfy { $0 >= 2 })
    for gateway in gateways { try gateway.close() }
  }

  /// Asks again where the books were locked, as the charging process does.
  private static func patiently(_ gateway: EmbeddedGateway, _ request: GatewayRequest) async
    -> GatewayAnswer?
  {
    while true {
      do {
        return try await gateway.charge(request)
      } catch let error as JournalError where error.code == .busy {
        await Task.yield()
      } catch {
        return nil
      }
    }
  }

  @Test(arguments: TestedEngine.all)
  func `a charge whose gateway died after the commit is found by another one`(
    _ engine: TestedEngine
  ) async throws {
    let books = try SharedBooks(engine)
    let first = try books.gateway()
    // Booked, and answered after the death of the gateway.
    let steps = first.steps(for: [Self.request("order:1", "test-slow-600000")])
    #expect(throws: Never.self) { try steps[0].get() }
    try first.close()
    let second = try books.gateway()
    #expect(try await second.charge(Self.request("order:1", "test-slow-600000")) == .charged)
    #expect(try books.attempts() == ["order:1": 2])
    try second.close()
  }

  @Test(arguments: TestedEngine.all)
  func `failures are counted over all gateways, and one of a batch fails alone`(
    _ engine: TestedEngine
  ) async throws {
    let books = try SharedBooks(engine)
    let gateways = [try books.gateway(), try books.gateway()]
    for attempt in 1...2 {
      let failure = await #expect(throws: GatewayFailure.self) {
        try await gateways[attempt - 1].charge(Self.request("order:1", "test-fail-2"))
      }
      #expect(failure?.attempts == attempt)
    }
    #expect(try await gateways[0].charge(Self.request("order:1", "test-fail-2")) == .charged)
    let steps = gateways[1].steps(
      for: [Self.request("order:2"), Self.request("order:3", "zero \0"), Self.request("order:4")])
    #expect(steps.map { (try? $0.get()) != nil } == [true, false, true])
    #expect(try books.attempts() == ["order:1": 3, "order:2": 1, "order:4": 1])
    for gateway in gateways { try gateway.close() }
  }
}

/// The books in PostgreSQL, beside a journal in the same database.
@Suite(
  "The books of the gateway in PostgreSQL",
  .enabled(if: PostgreSQLServer.missing == nil, Comment(rawValue: PostgreSQLServer.missing ?? "")),
  .timeLimit(.minutes(1)))
struct GatewayPostgreSQLTests {
  private let server: PostgreSQLServer
  private let folder: TemporaryFolder
  private let request = GatewayRequest(
    idempotencyKey: "order:1", product: "widget", total: Money(amount: 100, currency: .usd))

  init() throws {
    server = try PostgreSQLServer.shared.get()
    folder = try TemporaryFolder()
  }

  private func charge(in database: String) throws -> String {
    try server.query("SELECT key, answer, attempts FROM gateway_charges", in: database)
  }

  @Test func `a commit whose answer is lost is a failed call, and the next one finds it`()
    async throws
  {
    let direct = try server.makeDatabase()
    let relay = try Relay(in: folder.path, to: server.folder)
    defer { relay.close() }
    let engine = PostgreSQLBooks(
      try PostgreSQLAddress(direct.replacing(server.folder, with: relay.folder)))
    let failure = #expect(throws: JournalError.self) {
      try engine.write { books in
        try books.run("CREATE TABLE once (number BIGINT)")
        try books.requireSound()
        relay.loseNextAnswer()
      }
    }
    #expect(failure?.code == .away)
    #expect(try server.query("SELECT count(*) FROM once", in: direct) == "0")
    let gateway = EmbeddedGateway(.database(engine))
    #expect(try await gateway.charge(request) == .charged)
    #expect(try await gateway.charge(request) == .charged)
    #expect(try charge(in: direct) == "order:1|charged|2")
    try gateway.close()
  }

  private func charge(by gateway: EmbeddedGateway, within journal: ServiceJournal) throws {
    try journal.engine.write { _ in
      let steps = gateway.steps(for: [request])
      #expect(throws: Never.self) { try steps[0].get() }
    }
  }

  @Test func `they are written while the journal's own row is locked, and outlive a session`()
    async throws
  {
    let address = try server.makeDatabase()
    let place = PostgreSQLPlace(try PostgreSQLAddress(address), folder: folder.path)
    let journal = try ServiceJournal(
      .postgreSQL(place), of: "test", runtime: TestClock().runtime)
    let gateway = EmbeddedGateway(.database(try #require(journal.engineBeside())))
    try charge(by: gateway, within: journal)
    try server.query(
      """
      SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid()
      """, in: address)
    #expect(try await gateway.charge(request) == .charged)
    #expect(try charge(in: address) == "order:1|charged|2")
    try gateway.close()
    try journal.close()
  }

  @Test func `a file of books beside a journal in PostgreSQL is refused`() throws {
    let address = try server.makeDatabase()
    let place = PostgreSQLPlace(try PostgreSQLAddress(address))
    let before = try ServiceHarness(CharlieRoom.self, journal: .postgreSQL(place))
    #expect(try server.query("SELECT count(*) FROM gateway_charges", in: address) == "0")
    try before.journal.close()
    let starts = try server.query("SELECT starts FROM journal", in: address)
    let file = "\(before.folder.path)/gateway.sqlite"
    try Data().write(to: URL(fileURLWithPath: file))
    let refusal = #expect(throws: StartError.self) {
      try ServiceHarness(CharlieRoom.self, after: before)
    }
    #expect(refusal?.description.contains(file) == true)
    // Nothing was written before.
    #expect(try server.query("SELECT starts FROM journal", in: address) == starts)
  }

  @Test func `a database whose books lack a charge of the journal is not accepted`() throws {
    let address = try server.makeDatabase()
    let place = PostgreSQLPlace(try PostgreSQLAddress(address))
    let charlie = try ServiceHarness(CharlieRoom.self, journal: .postgreSQL(place))
    try charlie.journal.close()
    try server.query(
      """
      INSERT INTO charges (order_id, id, state, product, currency, total, attempts, due_at, at,
      correlation_id, cause, trace)
      SELECT number, number, state, 'widget', 'USD', total, 1, 0, 0, '', '', ''
      FROM (VALUES ('1', 'charged', 100), ('2', 'intended', 100), ('3', 'charged', 0))
      AS made (number, state, total)
      """, in: address)
    func accept() throws -> Acceptance {
      try ServiceJournal.accept(
        PostgreSQLAddress(address), of: "charlie", runtime: TestClock().runtime,
        checks: CharlieRoom.checksBeside)
    }
    for change in ["DELETE FROM gateway_charges", "DROP TABLE gateway_charges"] {
      try server.query(change, in: address)
      let failure = #expect(throws: JournalError.self) { try accept() }
      #expect(failure?.code == .damaged)
      #expect(failure?.remedy.contains("lacks 1 of the journal's charges") == true)
    }
    #expect(try server.query("SELECT count(*) FROM lineage", in: address) == "1")
    let books = EmbeddedGateway(.database(PostgreSQLBooks(try PostgreSQLAddress(address))))
    let steps = books.steps(for: [request])
    #expect(throws: Never.self) { try steps[0].get() }
    try books.close()
    #expect(try accept().mark.service == "charlie")
  }
}
