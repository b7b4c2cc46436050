import Foundation
import GRDB
import Glibc
import Testing

extension Stories {
  /// Other programs on the journals, clocks and files of real daemons.
  @Suite("Adversary: journal", .serialized, .timeLimit(.minutes(3)))
  struct AdversaryJournal {
    // MARK: Locks

    @Test(arguments: [12, 25])
    func `a lock on the journal is waited for, and named`(seconds: Int) async throws {
      try await withDeployment { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let alpha = deployment[.alpha]
        let http = try await alpha.http
        let path = deployment.journalFile(.alpha)
        let other = try await Stranger(path, "BEGIN IMMEDIATE", for: seconds)
        let began = ContinuousClock.now
        let refusal = try await http.changeFee(77)
        let waited = ContinuousClock.now - began
        #expect(refusal.status == 503, "\(refusal)")
        #expect(refusal.header("Retry-After") != nil)
        #expect(refusal.json["type"].string == "urn:eventually:problem:journal-locked")
        #expect(refusal.json["detail"].text.contains(other.name), "\(refusal)")
        #expect(waited > .seconds(8) && waited < .seconds(14), "\(waited)")
        let line = try await alpha.logged("that it waits") {
          $0.message.hasPrefix("writing waits: \(path) is locked by ")
        }
        #expect(line.level == "warning" && line.message.contains(other.name), "\(line)")
        #expect(try await http.get("/api/settings").status == 200, "reading goes on")
        let ready = try await http.get("/readyz")
        #expect(ready.status == 503 && "\(ready)".contains("is locked by"), "\(ready)")

        try await other.ended()
        try await alpha.logged("that it continues") { $0.message.hasPrefix("writing continues") }
        #expect(try await http.changeFee(78).status == 200)
        let order = try await deployment.order()
        try await deployment.approve(order)
        try await deployment.finished(order)
        #expect(alpha.lines.count { $0.message.hasPrefix("writing waits") } == 1, "logged once")
        #expect(deployment.history(.alpha).count == 1)
        try await deployment.check([(order, .charged)])
      }
    }

    @Test(arguments: [[], ["PRAGMA locking_mode = EXCLUSIVE"]])
    func `a lock at the start is waited for`(mode: [String]) async throws {
      try await withDeployment { deployment in
        try await deployment.start(.alpha)
        try await deployment.stop(.alpha)
        let path = deployment.journalFile(.alpha)
        let other = try await Stranger(
          path, mode.first ?? "SELECT 1", "SELECT * FROM journal", "BEGIN IMMEDIATE", for: 9)
        let port = UInt16.random(in: 10_000..<32_000)
        let alpha = try deployment.launch(.alpha, port: port)
        let line = try await alpha.logged("that the start waits") {
          $0.message.hasPrefix("the start waits: \(path) is locked by ")
        }
        #expect(line.level == "warning" && line.message.contains(other.name), "\(line)")
        let early = HTTPClient(base: "http://127.0.0.1:\(port)")
        while (try? await early.get("/healthz"))?.status != 200 { try Task.checkCancellation() }
        let ready = try await early.get("/readyz")
        #expect(ready.status == 503 && "\(ready)".contains("is locked by"), "\(ready)")
        let metrics = String(decoding: try await early.get("/metrics").body, as: UTF8.self)
        #expect(metrics.contains("\neventually_ready 0\n"), "\(metrics)")
        #expect(!metrics.contains("eventually_log_head_sequence"))
        let refusal = try await early.get("/api/settings")
        #expect(refusal.status == 503 && refusal.header("Retry-After") != nil, "\(refusal)")
        #expect(refusal.json["detail"].text.contains(other.name), "\(refusal)")
        try await other.ended()
        try await alpha.ready()
        #expect(alpha.lines.count { $0.message.hasPrefix("the start waits") } == 1)
        #expect(alpha.lines.contains { $0.message.hasPrefix("the start continues") })
        try await deployment.stop(.alpha)
      }
    }

    @Test
    func `a start that waits is stopped cleanly by SIGTERM, also where its port is taken`()
      async throws
    {
      try await withDeployment { deployment in
        let first = try await deployment.start(.alpha)
        let port = try #require(UInt16(try await first.http.base.split(separator: ":").last ?? ""))
        try await deployment.stop(.alpha)
        let beta = try await deployment.start(.beta, port: port)
        let other = try await Stranger(deployment.journalFile(.alpha), "BEGIN IMMEDIATE")
        let alpha = try deployment.launch(
          .alpha, ["--alpha-http-probes", deployment.folder + "/none/alpha.probes"], port: port)
        try await alpha.logged("that it waits") { $0.message.hasPrefix("the start waits: ") }
        try await alpha.logged("that its port is taken") { $0.message.contains("is in use") }
        #expect(try await alpha.terminate() == .exited(0))
        #expect(try await beta.http.get("/healthz").status == 200)

        // With the lock gone, the folder that is missing ends the start, and no signal does.
        try await other.end()
        let last = try deployment.launch(
          .alpha, ["--alpha-http-probes", deployment.folder + "/none/alpha.probes"], port: port)
        try await last.expectRefusal(says: "alpha.probes", "http.probes")
      }
    }

    @Test
    func `a lock on the gateway's file delays charges and ends nothing`() async throws {
      try await withDeployment(environment: .automatic) { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let path = deployment.stateFolder(.charlie) + "/gateway.sqlite"
        let other = try await Stranger(path, "BEGIN IMMEDIATE")
        let order = try await deployment.order()
        let line = try await deployment[.charlie].logged("that the gateway is asked again") {
          $0.message.hasPrefix("the gateway did not charge order \(order.id)")
        }
        #expect(line.message.contains("\(path) is locked by \(other.name)"), "\(line)")
        try await other.end()
        try await deployment.finished(order)
        #expect(deployment.history(.charlie).count == 1)
        try await deployment.check([(order, .charged)])
      }
    }

    // MARK: Readers

    @Test
    func `a long read keeps the write-ahead log from shrinking, and is named until it ends`()
      async throws
    {
      try await withDeployment { deployment in
        try await deployment.start(all: [.alpha, .beta])
        _ = try await deployment.openCart()
        let beta = deployment[.beta]
        let http = try await beta.http
        let log = deployment.journalFile(.beta) + "-wal"
        let other = try await Stranger(
          deployment.journalFile(.beta), "BEGIN", "SELECT count(*) FROM carts")
        while try FileManager.default.size(of: log) < 9 << 20 {
          try await withThrowingTaskGroup(of: Void.self) { carts in
            for _ in 0..<32 { carts.addTask { _ = try await http.post("/api/carts") } }
            try await carts.waitForAll()
          }
        }
        let line = try await beta.logged("that it cannot shrink") {
          $0.message.contains("cannot shrink")
        }
        #expect(line.message.contains(other.name), "\(line)")
        let journal = try await http.get("/api/bus").json["journal"]
        #expect(journal["logBytes"].int ?? 0 > 8 << 20, "\(journal)")
        #expect(journal["logHeldSince"].string != nil, "\(journal)")
        #expect(journal["logHolder"].text.hasPrefix(other.name), "\(journal)")

        try await other.end()
        try await beta.logged("that it shrinks") { $0.message.contains("shrinks again") }
        #expect(try FileManager.default.size(of: log) <= 8 << 20)
        #expect(try await http.get("/api/bus").json["journal"]["logHeldSince"].isNull)
      }
    }

    // MARK: Clocks

    @Test
    func `a log ahead of the clock is reported, and the service is ready`() async throws {
      try await withDeployment { deployment in
        try await deployment.start(.alpha)
        try await deployment.stop(.alpha)
        try makeDatabase(
          deployment.journalFile(.alpha),
          "UPDATE journal SET committed_at = committed_at + 86400000000")
        let alpha = try await deployment.start(.alpha)
        let http = try await alpha.http
        let ahead = try await http.get("/api/bus").json["stream"]["aheadOfClock"].int ?? 0
        #expect(ahead > 86_000 && ahead <= 86_400)
        #expect(try await http.get("/readyz").status == 200)
        let line = try await alpha.logged("how far it is ahead") {
          $0.message.contains("ahead of the clock")
        }
        #expect(line.level == "warning")
      }
    }

    // MARK: Files

    @Test(arguments: [true, false])
    func `an empty journal where there was one is refused`(isMissing: Bool) async throws {
      try await withDeployment { deployment in
        try await deployment.start(.alpha)
        try await deployment.stop(.alpha)
        let path = deployment.journalFile(.alpha)
        if isMissing { unlink(path) } else { truncate(path, 0) }
        try await deployment.launch(.alpha).expectRefusal(
          says: path, "eventually restore alpha", "nothing was changed")
        unlink(path + ".founded")
        try await deployment.start(.alpha)
        try await deployment.stop(.alpha)
      }
    }

    @Test
    func `verify finds nothing in a journal in use, and the fault in a damaged copy`()
      async throws
    {
      try await withDeployment(environment: .automatic) { deployment in
        try await deployment.start(all: ServiceName.allCases)
        try await deployment.finished(try await deployment.order())
        for service in ServiceName.allCases {
          let lines = try await deployment.verify(deployment.journalFile(service), ends: 0)
          #expect(lines.contains { $0.contains("nothing is wrong") }, "\(lines)")
        }
        try await deployment.stop(.charlie)
        let copy = deployment.folder + "/copy.sqlite"
        try FileManager.default.copyItem(atPath: deployment.journalFile(.charlie), toPath: copy)
        try makeDatabase(copy, "UPDATE postings SET amount = amount + 1 WHERE account = 'cash'")
        let ledger = try await deployment.verify(copy, ends: 1)
        #expect(ledger.contains { $0.contains("sums to 1") }, "\(ledger)")
        try makeDatabase(
          copy,
          """
          UPDATE log SET body = CAST(replace(CAST(body AS TEXT), 'order', 'ordep') AS BLOB)
          WHERE sequence = 1
          """)
        let log = try await deployment.verify(copy, ends: 1)
        #expect(log.contains { $0.contains("event 1 does not follow the chain") }, "\(log)")
        #expect(log.contains { $0.contains("eventually restore charlie FILE") }, "\(log)")
      }
    }
  }
}

extension Deployment {
  func journalFile(_ service: ServiceName) -> String {
    stateFolder(service) + "/journal.sqlite"
  }

  /// Runs `eventually verify`, and returns its output.
  fileprivate func verify(_ path: String, ends status: Int32) async throws -> [String] {
    let child = try run("eventually", ["verify", path])
    let ending = try await child.ending()
    #expect(ending == .exited(status), "\(child.lines.all)")
    return child.lines.all.map(\.text)
  }
}

extension HTTPClient {
  /// Asks Alpha for another fee.
  fileprivate func changeFee(_ amount: Int64) async throws -> HTTPAnswer {
    let now = try await get("/api/settings")
    return try await put(
      "/api/settings", settings(fee: amount, discount: 1),
      headers: ["If-Match": now.header("ETag") ?? ""])
  }
}

extension FileManager {
  fileprivate func size(of path: String) throws -> Int64 {
    try attributesOfItem(atPath: path)[.size] as? Int64 ?? 0
  }
}
