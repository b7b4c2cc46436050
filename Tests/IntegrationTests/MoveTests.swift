import Foundation
import Glibc
import PostgreSQLServer
import Testing

extension Stories {
  /// Journals that move from files to PostgreSQL.
  @Suite(
    "Moving to PostgreSQL", .serialized,
    .enabled(
      if: PostgreSQLServer.missing == nil, Comment(rawValue: PostgreSQLServer.missing ?? "")),
    .timeLimit(.minutes(3)))
  struct Moves {
    @Test
    func `all four services move one after another under load, and no follower notices`()
      async throws
    {
      let server = try PostgreSQLServer()
      defer { server.remove() }
      try await withDeployment { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let epochs = try await deployment.epochs()
        let demand = try await deployment.underLoad { load in
          try await load.progress(40)
          for service in ServiceName.allCases {
            let address = try server.makeDatabase()
            try await deployment.stop(service)
            let said = try await deployment.move(service, to: address)
            #expect(said.text.contains("    journal: \(address)"), "\(said.text)")
            deployment.keepJournal(of: service, in: address, on: server)
            try await deployment.start(service)
            try await load.progress(20)
          }
        }
        #expect(demand.stories.count >= 20)
        try await deployment.check(demand)
        #expect(try await deployment.epochs() == epochs)
        #expect(try deployment.gatewayCharges().count >= 10)
        for service in ServiceName.allCases { try await deployment.stop(service) }
        let files = try FileManager.default.contentsOfDirectory(
          atPath: deployment.stateFolder(.charlie))
        #expect(!files.contains("journal.sqlite") && !files.contains("gateway.sqlite"))
        #expect(files.contains("journal.sqlite.moved") && files.contains("gateway.sqlite.moved"))
      }
    }

    @Test
    func `a move that is killed leaves the file as it was, and is repeated`() async throws {
      let server = try PostgreSQLServer()
      defer { server.remove() }
      try await withDeployment(environment: .automatic) { deployment in
        try await deployment.start(all: ServiceName.allCases)
        var orders = [try await deployment.order(price: 100)]
        try await deployment.finished(orders)
        try await deployment.stop(.alpha)
        let address = try server.makeDatabase()
        try server.query(holdingCopy, in: address)
        let move = try deployment.run(
          "eventually", ["move", "alpha", "--to", address, "--state", deployment.folder])
        let sleeping = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
        while try server.query(sleeping) == "0" { await Task.yield() }
        move.signal(SIGKILL)
        #expect(try await move.ending() == .killed(signal: SIGKILL))
        try server.query(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
        try server.query("DROP EVENT TRIGGER arm; DROP FUNCTION hold() CASCADE", in: address)

        // Neither is it a journal, nor is the file any other than it was.
        let refused = try deployment.launch(.alpha, environment: ["ALPHA_JOURNAL": address])
        #expect(try await refused.child.ending() == .exited(78))
        let words = refused.lines.map(\.text).joined()
        #expect(words.contains("unfinished move"), "\(words)")
        try await deployment.start(.alpha)
        orders.append(try await deployment.order(price: 200))
        try await deployment.finished(orders)
        try await deployment.stop(.alpha)

        try await deployment.move(.alpha, to: address)
        // Without the key, it starts on no new file.
        let forgotten = try deployment.launch(.alpha)
        #expect(try await forgotten.child.ending() == .exited(78))
        deployment.keepJournal(of: .alpha, in: address, on: server)
        try await deployment.start(.alpha)
        orders.append(try await deployment.order(price: 300))
        try await deployment.finished(orders)
        try await deployment.checkAgreement(on: orders)
      }
    }

    @Test
    func `what cannot be moved is refused with the reason`() async throws {
      let server = try PostgreSQLServer()
      defer { server.remove() }
      try await withDeployment { deployment in
        let address = try server.makeDatabase()
        try await deployment.start(.alpha)
        let running = try await deployment.move(.alpha, to: address, ends: 78)
        #expect(running.text.contains("process \(deployment[.alpha].pid)"), "\(running.text)")
        try await deployment.stop(.alpha)
        let unfounded = try await deployment.move(.beta, to: address, ends: 78)
        #expect(unfounded.text.contains("there is no journal"), "\(unfounded.text)")
        let unknown = try await deployment.eventually(
          ["move", "alfa", "--to", address, "--state", deployment.folder], ends: 64)
        #expect(unknown.text.contains("Did you mean alpha?"), "\(unknown.text)")
        let away = try await deployment.move(
          .alpha, to: "postgresql://a:secret@/x?host=\(deployment.folder)", ends: 69)
        #expect(away.text.contains("cannot be reached") && !away.text.contains("secret"))
        try await deployment.move(.alpha, to: "mysql://a/b", ends: 78)
        try server.query("CREATE TABLE things (id bigint)", in: address)
        let full = try await deployment.move(.alpha, to: address, ends: 78)
        #expect(full.text.contains("is not empty (things)"), "\(full.text)")
        try await deployment.start(.alpha)
        try await deployment.stop(.alpha)
      }
    }
  }
}

/// Holds the first event that is copied for a minute, by a trigger that is made after the table.
private let holdingCopy = """
  CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_sleep(60); RETURN NEW; END $$;
  CREATE FUNCTION arm() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
    IF to_regclass('roles') IS NOT NULL AND
      NOT EXISTS (SELECT 1 FROM pg_trigger WHERE tgname = 'hold')
    THEN CREATE TRIGGER hold BEFORE INSERT ON log FOR EACH ROW EXECUTE FUNCTION hold();
    END IF; END $$;
  CREATE EVENT TRIGGER arm ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION arm();
  """

extension Deployment {
  /// Moves the journal of a service that does not run.
  @discardableResult
  fileprivate func move(
    _ service: ServiceName, to address: String, ends status: Int32 = 0,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> Said {
    try await eventually(
      ["move", service.rawValue, "--to", address, "--state", folder], ends: status,
      sourceLocation: sourceLocation)
  }

  /// The epoch of each stream.
  fileprivate func epochs() async throws -> [String] {
    var epochs: [String] = []
    for service in ServiceName.allCases {
      epochs.append(try await http(service).get("/api/bus").json["stream"]["epoch"].text)
    }
    return epochs
  }
}
