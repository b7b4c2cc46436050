import PostgreSQLServer
import Testing

extension Stories {
  /// Replicas of two versions of a service, as the page “Beyond one machine” says.
  @Suite(
    "Upgrade of replicas", .serialized,
    .enabled(
      if: PostgreSQLServer.missing == nil, Comment(rawValue: PostgreSQLServer.missing ?? "")),
    .timeLimit(.minutes(4)))
  struct Upgrade {
    private static let next = "alphad-next"

    @Test
    func `replicas are upgraded in turn and back under load, and nothing is lost or twice`()
      async throws
    {
      let server = try PostgreSQLServer()
      defer { server.remove() }
      try await withDeployment(journalsOn: server) { deployment in
        for replica in Deployment.replicas { try await deployment.start(replica: replica) }
        let demand = try await deployment.underLoad { load in
          try await load.progress(20)
          for (program, version) in [(Self.next, "0.2.0"), ("alphad", "0.1.0")] {
            for replica in Deployment.replicas {
              try await deployment.stopAlpha(replica)
              // The other version does all of the work meanwhile.
              try await load.progress(20)
              let process = try deployment.launch(.alpha, replica: replica, program: program)
              try await process.ready()
              #expect(try await process.http.get("/api/bus").json["version"].text == version)
              try await load.progress(20)
            }
          }
          // One of each is left, and finishes what the others have begun.
          for holder in try await deployment.holders() {
            #expect(try await holder.terminate() == .exited(0))
          }
          try await load.progress(20)
        }
        #expect(demand.stories.count >= 20)
        try await deployment.check(demand)
        let orders = try deployment.query(
          """
          SELECT DISTINCT coalesce(captured_by, 'before') FROM orders ORDER BY 1
          """, journalOf: .alpha)
        #expect(orders == "0.2.0\nbefore", "both versions have captured orders")
      }
    }

    @Test
    func `a version that no older one may meet waits for them, and they do not start after it`()
      async throws
    {
      let server = try PostgreSQLServer()
      defer { server.remove() }
      try await withDeployment(journalsOn: server) { deployment in
        let old = try deployment.launch(.alpha, replica: "a")
        try await old.ready()
        let new = try deployment.launch(
          .alpha, replica: "b", environment: ["NEXT_STEP": "breaking"], program: Self.next)
        let line = try await new.logged("why it waits") {
          $0.message.hasPrefix("the start waits: ")
        }
        for words in ["open in an older version", "(eventually replica a)", "alpha-next"] {
          #expect(line.message.contains(words), "\(line)")
        }
        let answer = try await old.http.put(
          "/api/settings", settings(fee: 100, discount: nil), headers: ["If-Match": "\"1000\""])
        #expect(answer.status == 200, "the older one goes on")
        #expect(try await old.terminate() == .exited(0))
        try await new.ready()
        try await deployment.launch(.alpha, replica: "a")
          .expectRefusal(says: "was written by a newer version", "Install that version")
        #expect(try await new.terminate() == .exited(0))
      }
    }
  }
}

extension Deployment {
  /// Ends the process of a replica of Alpha, as an upgrade does.
  fileprivate func stopAlpha(_ replica: String) async throws {
    let process = try #require(
      history(.alpha).last { !$0.child.hasEnded && $0.replica == replica })
    #expect(try await process.terminate() == .exited(0))
  }
}
