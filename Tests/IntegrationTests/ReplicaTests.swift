import Foundation
import PostgreSQLServer
import Testing

extension Stories {
  /// Two replicas of each service, as real processes on one server of PostgreSQL.
  @Suite(
    "Replicas", .serialized,
    .enabled(
      if: PostgreSQLServer.missing == nil, Comment(rawValue: PostgreSQLServer.missing ?? "")),
    .timeLimit(.minutes(4)))
  struct Replicas {
    @Test
    func `replicas are killed and stopped, the server crashes, and nothing is lost or twice`()
      async throws
    {
      let server = try PostgreSQLServer()
      defer { server.remove() }
      try await withDeployment(journalsOn: server) { deployment in
        for replica in Deployment.replicas { try await deployment.start(replica: replica) }
        let demand = try await deployment.underLoad { load in
          try await load.progress(20)
          for service in ServiceName.allCases {
            let holder = try await deployment.holder(of: service)
            try await holder.kill()
            try await deployment.isTaken(from: holder)
            try await deployment.launch(service, replica: holder.replica).ready()
            try await load.progress(10)
          }
          // One that stands still has its roles until the lease ends, and the journal's row until the
          // server ends its session.
          let holders = try await deployment.holders()
          for holder in holders {
            if holder.service == .beta {
              try deployment.pauseInTransaction(holder)
            } else {
              holder.pause()
            }
          }
          for holder in holders { try await deployment.isTaken(from: holder) }
          for holder in holders { holder.resume() }
          try await load.progress(20)
          for stop in [PostgreSQLServer.Stop.fast, .immediate] {
            try server.stop(stop)
            try server.start()
            try await load.progress(20)
          }
          // One of each is left, and finishes what the others have begun.
          for holder in try await deployment.holders() { try await holder.kill() }
          try await load.progress(20)
        }
        #expect(demand.stories.count >= 20)
        try await deployment.check(demand)
      }
    }

    @Test func `a standby is promoted, and nothing that was answered is lost`() async throws {
      let server = try PostgreSQLServer()
      defer { server.remove() }
      try server.startStandby()
      try await withDeployment(journalsOn: server) { deployment in
        for replica in Deployment.replicas { try await deployment.start(replica: replica) }
        let demand = try await deployment.underLoad { load in
          try await load.progress(40)
          try server.failOver()
          try await load.progress(60)
          for holder in try await deployment.holders() { try await holder.kill() }
          try await load.progress(20)
        }
        try await deployment.check(demand)
      }
    }

    @Test func `a replica that is stopped gives up its roles at once`() async throws {
      let server = try PostgreSQLServer()
      defer { server.remove() }
      try await withDeployment(journalsOn: server) { deployment in
        let first = try deployment.launch(.alpha, replica: "a")
        try await first.logged("the roles") { $0.message.hasPrefix("this replica does now:") }
        let second = try deployment.launch(.alpha, replica: "b")
        try await second.ready()
        #expect(!second.lines.contains { $0.message.hasPrefix("this replica does now:") })
        #expect(try await first.terminate() == .exited(0))
        try await second.logged("the roles", within: .seconds(3)) {
          $0.message
            == "this replica does now: follow beta, follow charlie, publish, upkeep, work"
        }
        let bus = try await second.http.get("/api/bus").json
        #expect(bus["replica"] == "b")
        #expect(Set(bus["roles"].list.map { $0["replica"].text }) == ["b"])
        #expect(try await second.terminate() == .exited(0))
      }
    }

    @Test func `any replica shows the streams of all, and resets one that has stopped at another`()
      async throws
    {
      let server = try PostgreSQLServer()
      defer { server.remove() }
      try await withDeployment(journalsOn: server) { deployment in
        let betas = try server.makeDatabase()
        deployment.keepJournal(of: .beta, in: betas, on: server)
        let first = try deployment.launch(.alpha, replica: "a")
        try await first.logged("the roles") { $0.message.hasPrefix("this replica does now:") }
        let second = try deployment.launch(.alpha, replica: "b")
        try await second.ready()
        try await deployment.launch(.beta, replica: "a").ready()
        let order = try await deployment.order()
        try await first.logged("order.captured applied", order: order.id)
        try await second.shows("beta", as: "live", of: "a")
        let page = try await second.http.get("/health").body
        #expect(String(decoding: page, as: UTF8.self).contains("live at replica a"))

        // Beta begins again, with another history.
        try await deployment.stop(.beta)
        try server.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public", in: betas)
        let mark = deployment.stateFolder(.beta) + "-a/journal.postgresql"
        try FileManager.default.removeItem(atPath: mark)
        try await deployment.launch(.beta, replica: "a").ready()
        try await first.stopped(following: .beta)
        try await second.shows("beta", as: "stopped", of: "a")
        #expect(try await second.http.get("/readyz").status == 200)
        #expect(try await first.http.get("/readyz").status == 503)
        let base = try await second.http.base
        // The other services do not run.
        let status = try await deployment.eventually("status", "--alpha", base, ends: 69)
        #expect(status.text.contains("beta is stopped at replica a: "), "\(status.text)")
        let count = first.lines.count
        try await deployment.eventually(
          "follow", "reset", "\(deployment.runFolder)/b/alpha", "beta")
        try await first.logged("that it follows beta again", after: count) {
          $0.message.hasPrefix("following beta live from ")
        }
        try await second.shows("beta", as: "live", of: "a")
      }
    }

    @Test func `a second process of a name, and one without, are refused`() async throws {
      let server = try PostgreSQLServer()
      defer { server.remove() }
      try await withDeployment(journalsOn: server) { deployment in
        try await deployment.launch(.alpha, replica: "a").ready()
        for (environment, sentence) in [
          (["ALPHA_REPLICA": "a"], "a runs already"),
          ([:], "beside replicas, give this one a name"),
        ] {
          let other = try deployment.launch(.alpha, environment: environment)
          let line = try await other.logged("the refusal") { $0.message.contains(sentence) }
          #expect(line.message.contains("is in use by the server's session"))
          other.child.signal(15)
          _ = try await other.child.ending()
        }
      }
    }
  }
}

extension DaemonProcess {
  /// Waits until it shows that a replica follows a stream in a state.
  fileprivate func shows(_ stream: String, as state: String, of replica: String) async throws {
    while true {
      let bus = try await http.get("/api/bus").json
      let shown = bus["subscriptions"].list.first { $0["stream"].text == stream }
      if shown?["state"].text == state, shown?["replica"].text == replica { return }
      await Task.yield()
    }
  }
}

extension Deployment {
  /// The process that has the roles of a service.
  fileprivate func holder(of service: ServiceName) async throws -> DaemonProcess {
    let replica = try query("SELECT replica FROM roles WHERE role = 'publish'", journalOf: service)
    return try #require(history(service).last { !$0.child.hasEnded && $0.replica == replica })
  }

  /// The processes that have the roles of the services.
  func holders() async throws -> [DaemonProcess] {
    var holders: [DaemonProcess] = []
    for service in ServiceName.allCases { holders.append(try await holder(of: service)) }
    return holders
  }

  /// Stops a process inside a transaction that writes.
  fileprivate func pauseInTransaction(_ process: DaemonProcess) throws {
    let open = """
      SELECT count(*) FROM pg_stat_activity AS activity JOIN pg_locks AS locks USING (pid)
      WHERE locks.relation = 'journal'::regclass AND locks.mode = 'RowShareLock'
      AND activity.state = 'idle in transaction'
      AND clock_timestamp() - activity.state_change > interval '0.1 s'
      """
    for _ in 0..<200 {
      process.pause()
      _ = try query("SELECT pg_sleep(0.15)", journalOf: process.service)
      if try query(open, journalOf: process.service) != "0" { return }
      process.resume()
    }
    Issue.record("no attempt has stopped \(process.service) inside a transaction")
  }

  /// Waits until the other replica has the roles of one.
  fileprivate func isTaken(from holder: DaemonProcess) async throws {
    let other = try #require(
      history(holder.service).last { !$0.child.hasEnded && $0.pid != holder.pid })
    // It had none: those that it had before, it has lost.
    let lost = other.lines.lastIndex { $0.message.hasPrefix("this replica does no more:") }
    try await other.logged("its roles", after: lost ?? 0) {
      $0.message.hasPrefix("this replica does now:")
    }
  }
}
