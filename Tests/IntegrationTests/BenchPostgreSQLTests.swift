import Foundation
import Glibc
import PostgreSQLServer
import Testing

extension Stories {
  /// The benchmarks on a server of PostgreSQL, at a size that takes seconds.
  @Suite(
    "Benchmarks on PostgreSQL", .serialized,
    .enabled(
      if: PostgreSQLServer.missing == nil, Comment(rawValue: PostgreSQLServer.missing ?? "")),
    .timeLimit(.minutes(4)))
  struct PostgreSQLBenchmarks {
    @Test(arguments: [[], ["--restart"]])
    func `A holder of the roles of each service is killed, and no order is lost`(
      options: [String]
    ) async throws {
      try await withReport(
        of: ["takeover", "--kills", "3", "--customers", "2"] + options
      ) { report, lines in
        #expect(report["kills"] == 3)
        #expect(report["restarted"] == (options.isEmpty ? false : true))
        for service in ["alpha", "beta", "charlie"] {
          #expect(report["byService"][service]["max"].int ?? 0 > 0)
          #expect(lines.contains { $0.text.contains(" of 3, \(service)-") })
        }
        #expect(report["orders"].int ?? 0 >= 4)
        #expect(report["lost"] == 0)
        #expect(report["duplicated"] == 0)
      }
    }

    @Test
    func `Journals in files, in PostgreSQL and of replicas are compared, and no order is lost`()
      async throws
    {
      try await withReport(
        of: ["orders", "--compare", "journals", "--customers", "2", "--seconds", "0.2"]
      ) { report, _ in
        for runs in [report["files"], report["postgresql"], report["replicas"]] {
          #expect(runs.list.map { $0["lost"] } == [0, 0, 0])
          #expect(runs.list.allSatisfy { $0["orders"].int ?? 0 >= 2 })
        }
      }
    }

    @Test
    func `A statement is faster than a commit, and a commit of an event is measured`() async throws
    {
      try await withReport(of: ["statements", "--count", "20"], makesFiles: false) { report, _ in
        let statement = report["statementMicroseconds"]["p50"].int ?? 0
        #expect(statement > 0)
        #expect(report["emptyCommitMicroseconds"]["p50"].int ?? 0 > statement)
        #expect(report["eventCommitMicroseconds"]["p50"].int ?? 0 > statement)
      }
    }

    /// Runs a benchmark on a server of its own, and gives a test its report and its lines.
    private func withReport(
      of words: [String], makesFiles: Bool = true,
      _ test: (JSON, [OutputLine]) throws -> Void
    ) async throws {
      let server = try PostgreSQLServer()
      defer { server.remove() }
      try await withDeployment { deployment in
        let folder = deployment.folder + "/b"
        let child = try deployment.run(
          "eventually",
          ["bench"] + words + ["--json", "--postgresql", server.address(of: "postgres")]
            + (makesFiles ? ["--folder", folder] : []))
        #expect(
          try await child.ending(within: .seconds(200)) == .exited(0),
          "\(child.lines.all.map(\.text))")
        let line = try #require(child.lines.all.last { $0.channel == .output })
        try test(try JSON(Data(line.text.utf8)), child.lines.all)
        if makesFiles {
          #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
        }
        let databases = try server.query(
          "SELECT count(*) FROM pg_database WHERE datname LIKE 'bench%'")
        #expect(databases == "0")
      }
    }
  }
}
