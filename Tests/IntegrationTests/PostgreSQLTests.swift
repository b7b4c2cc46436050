import Foundation
import PostgreSQLServer
import Testing

extension Stories {
  /// The four daemons with their journals in PostgreSQL.
  @Suite(
    "PostgreSQL", .serialized,
    .enabled(
      if: PostgreSQLServer.missing == nil, Comment(rawValue: PostgreSQLServer.missing ?? "")),
    .timeLimit(.minutes(3)))
  struct PostgreSQLJournals {
    @Test
    func `a daemon is killed and the server restarts and crashes, and nothing is lost or twice`()
      async throws
    {
      let server = try PostgreSQLServer()
      defer { server.remove() }
      try await withDeployment(journalsOn: server) { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let demand = try await deployment.underLoad { load in
          try await load.progress(40)
          for service in ServiceName.allCases {
            try await deployment[service].kill()
            try await deployment.start(service)
            try await load.progress(20)
          }
          for stop in [PostgreSQLServer.Stop.fast, .immediate, .immediate] {
            try server.stop(stop)
            try server.start()
            try await load.progress(40)
          }
        }
        #expect(demand.stories.count >= 50)
        try await deployment.check(demand)
        for service in ServiceName.allCases { try await deployment.stop(service) }
        let files = try FileManager.default.contentsOfDirectory(
          atPath: deployment.stateFolder(.alpha))
        #expect(!files.contains("journal.sqlite"))
      }
    }

    @Test
    func `a server that is away gets 503 with the reason, and a restart waits for it`() async throws
    {
      let server = try PostgreSQLServer()
      defer { server.remove() }
      try await withDeployment(
        environment: ["ALPHA_HTTP_PATIENCE": "0"], journalsOn: server
      ) { deployment in
        try await deployment.start(.alpha)
        try server.stop()
        let answer = try await deployment.http(.alpha).put(
          "/api/settings", settings(fee: 100, discount: nil), headers: ["If-Match": "\"1000\""])
        #expect(answer.status == 503)
        #expect(answer.json["type"].text == "urn:eventually:problem:database-away")
        #expect(answer.json["detail"].text.contains("postgresql:///"))
        try await deployment[.alpha].kill()
        let waiting = try deployment.launch(.alpha)
        let line = try await waiting.logged("why the start waits") {
          $0.message.hasPrefix("the start waits")
        }
        #expect(line.message.contains("cannot be reached"))
        try server.start()
        try await waiting.ready()
        try await deployment.stop(.alpha)
      }
    }
  }
}
