import Foundation
import Testing

extension Stories {
  /// Backups, restores and raw copies, with the commands that resolve what follows.
  @Suite("Operators: histories", .serialized, .timeLimit(.minutes(1)))
  struct OperatorHistories {
    @Test
    func `a publisher is restored from an older backup that was made under load`() async throws {
      try await withDeployment(environment: .automatic) { deployment in
        try await deployment.start(all: ServiceName.allCases)
        var orders = [try await deployment.order(price: 100)]
        try await deployment.finished(orders[0])
        try await deployment.quiet()
        // Overlord knows nothing beyond the backup, and so goes on by itself.
        try await deployment.stop(.overlord)
        let backup = try await Self.backUpUnderLoad(deployment, &orders)
        try await deployment.change(fee: 1, discount: 2, heardBy: .beta)
        orders.append(try await deployment.order(price: 200))
        for order in orders.dropFirst() {
          try await deployment.heard(.beta, "order.finalized applied", order)
        }
        let heads = try await deployment.quiet()
        try await deployment[.alpha].kill()
        // Orders that Beta captures meanwhile come back from its log.
        orders.append(try await deployment.order(price: 300))

        let said = try await deployment.eventually(
          "restore", "alpha", deployment.folder + "/a.sqlite", "--state", deployment.folder,
          "--json")
        try Self.check(said, backup, head: heads[.alpha])
        try await deployment.start(all: [.alpha, .overlord])
        for service in [ServiceName.beta, .charlie] {
          try await deployment.obey(service, about: .alpha, says: "diverged")
        }
        for order in orders {
          try await deployment.heard(.overlord, "order.finalized applied", order)
        }
        try await deployment.checkAgreement(on: orders)
        let settings = try await deployment.http(.alpha).get("/api/settings").json
        #expect(settings["version"].int ?? 0 > 1001, "above any that was published")
        #expect(settings["fee"]["amount"] == 2500, "the change is lost, as the restore has said")
        try await deployment.eventually(["status"] + deployment.addresses())
      }
    }

    /// Orders go on while a backup of Alpha's journal is made.
    private static func backUpUnderLoad(_ deployment: Deployment, _ orders: inout [Order])
      async throws -> JSON
    {
      async let said = deployment.eventually(
        "backup", "alpha", deployment.folder + "/a.sqlite", "--state", deployment.folder, "--json")
      for price in 1...8 { orders.append(try await deployment.order(price: Int64(price))) }
      let backup = try await said.objects.first ?? .null
      #expect(backup["service"] == "alpha")
      #expect(backup["head"].int ?? 0 >= 3)
      return backup
    }

    /// The restore lists as lost exactly the events that are not in the backup.
    private static func check(_ said: Deployment.Said, _ backup: JSON, head: Int64?) throws {
      let first = try #require(backup["head"].int)
      let last = try #require(head)
      let restored = said.objects[0]["restored"]
      #expect(restored["head"].int == first)
      #expect(restored["previousEpoch"] == backup["epoch"])
      #expect(restored["epoch"] != backup["epoch"])
      #expect(restored["lost"].int == last - first)
      let lost = said.objects.dropFirst().map { $0["lost"] }
      #expect(lost.map { $0["sequence"].int } == Array(first + 1...last))
      #expect(lost.contains { $0["type"] == "settings.changed" })
      #expect(FileManager.default.fileExists(atPath: restored["replaced"].text))
      let commands = restored["followers"].list.filter { $0["stops"] == true }.map {
        $0["command"].text
      }
      #expect(!commands.contains("eventually follow reset overlord alpha"), "\(commands)")
    }

    @Test
    func `a raw copy put back is found, silent and refusing, until an operator accepts it`()
      async throws
    {
      try await withDeployment(environment: .automatic) { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let first = try await deployment.order(price: 100)
        try await deployment.finished(first)
        try await deployment.stop(.beta)
        let raw = try Data(contentsOf: URL(fileURLWithPath: deployment.journal(.beta)))
        try await deployment.start(.beta)
        let second = try await deployment.order(price: 200)
        try await deployment.finished(second)
        try await deployment.quiet()
        try await deployment[.beta].kill()
        for end in ["-wal", "-shm"] {
          try? FileManager.default.removeItem(atPath: deployment.journal(.beta) + end)
        }
        try raw.write(to: URL(fileURLWithPath: deployment.journal(.beta)))

        try deployment.launch(.beta)
        for service in [ServiceName.alpha, .overlord] {
          try await deployment[service].stopped(following: .beta)
        }
        try await deployment[.beta].logged("that it has lost history") {
          $0.level == "error" && $0.message.hasSuffix("eventually restore beta --accept")
        }
        let refusal = try await deployment.http(.beta).post("/api/carts")
        #expect(refusal.status == 503)
        #expect(refusal.json["type"] == "urn:eventually:problem:history-lost")
        #expect(refusal.json["remedy"].text.contains("eventually restore beta --accept"))
        try await deployment.eventually(["status", "beta"] + deployment.addresses(), ends: 1)
        // Not even a beat, which a publisher sends to each new subscription, and every second.
        let heard = try await deployment.eventually(
          "sniff", "--beats", "--json", "--timeout", "2", "--run", deployment.runFolder,
          "--service", "beta")
        #expect(heard.objects == [])

        let refused = try await deployment.eventually(
          "restore", "beta", "--accept", "--state", deployment.folder, ends: 78)
        #expect(refused.text.contains("process \(deployment[.beta].pid)"), "\(refused.text)")
        try await deployment.stop(.beta)
        try await deployment.eventually(
          "restore", "beta", "--accept", "--state", deployment.folder)
        try deployment.launch(.beta)
        try await deployment.obey(.alpha, about: .beta, says: "ahead")
        try await deployment.obey(.overlord, about: .beta, says: "ahead")
        let third = try await deployment.order(price: 300)
        try await deployment.heard(.beta, "order.finalized applied", third)
        try await deployment.checkAgreement(on: [first, second, third])
      }
    }

    @Test
    func `a follower restored from an old backup charges no order twice`() async throws {
      try await withDeployment(environment: .automatic) { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let first = try await deployment.order(price: 100)
        try await deployment.finished(first)
        let backup = deployment.folder + "/c.sqlite"
        try await deployment.eventually(
          "backup", "charlie", backup, "--state", deployment.folder)
        let second = try await deployment.order(price: 200)
        let third = try await deployment.order(price: 300)
        try await deployment.finished(second, third)
        try await deployment.quiet()
        let ledger = try await deployment.http(.charlie).get("/api/ledger").json
        try await deployment[.charlie].kill()

        try await deployment.eventually("restore", "charlie", backup, "--state", deployment.folder)
        try await deployment.start(.charlie)
        for order in [second, third] {
          try await deployment[.charlie].logged("order.charged emitted", order: order.id)
        }
        for service in [ServiceName.alpha, .overlord] {
          try await deployment.obey(service, about: .charlie, says: "diverged")
        }
        try await deployment.checkAgreement(on: [first, second, third])
        #expect(try await deployment.http(.charlie).get("/api/ledger").json == ledger)
      }
    }
  }
}
