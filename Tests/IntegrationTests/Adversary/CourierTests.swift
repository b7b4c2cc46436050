import Events
import Foundation
import Testing
import ZeroMQ

/// Requests of hostile peers to a log, and their cost: rows S2, S3, S4 and #4.
@Suite("Adversary: the word of a peer", .serialized, .timeLimit(.minutes(1)))
struct AdversaryCourierWords {
  private static let withWarehouse = ["ALPHA_CONSUMERS": "beta,charlie,overlord,warehouse"]

  /// Row #4.
  @Test
  func `an off-by-one of a consumer is its own error, and Alpha goes on`() async throws {
    try await withWire(of: .alpha, environment: Self.withWarehouse) { deployment, wire in
      let alpha = try await deployment.start(.alpha)
      let http = try await alpha.http
      let head = try #require(try await wire.history(of: "alpha").last).header
      let epoch = JSON(stringLiteral: head.epoch.wireHex)
      func place(_ sequence: UInt64, _ more: [String: JSON] = [:]) -> JSON {
        var members: [String: JSON] = [
          "consumer": "warehouse", "stream": "alpha", "epoch": epoch,
          "sequence": JSON(Int64(sequence)), "after": JSON(Int64(sequence)), "id": 1,
        ]
        members.merge(more) { $1 }
        return JSON(value: .object(members.mapValues(\.value)))
      }
      try await wire.asking { log in
        try await log.tell("ACK", place(1))
        try await changeSettings(1, at: http)
        let chain = JSON(stringLiteral: try await wire.history(of: "alpha")[1].header.chain.wireHex)
        for claim in [place(3), place(3, ["chain": chain]), place(2_000)] {
          #expect(try await log.ask("ACK", claim).answer.code == "ahead")
          #expect(try await log.ask("FETCH", claim).answer.code == "ahead")
        }
        let other = place(3, ["chain": "000102030405060708090a0b0c0d0e0f", "consumer": "stranger"])
        #expect(try await log.ask("FETCH", other).answer.code == "ahead")
      }
      try await changeSettings(1, at: http)
      #expect(try await http.get("/readyz").status == 200)
      let bus = try await http.get("/api/bus").json
      #expect(bus["refused"] == 7)
      #expect(bus["stream"]["lost"].isNull)
      try await alpha.logged("that it has refused a claim") {
        $0.level == "warning" && $0.message.contains("ahead: 3 is past the head, 2")
      }
    }
  }

  /// Row S2.
  @Test
  func `a stranger cannot acknowledge, and cannot silence a publisher`() async throws {
    try await withWire(of: .alpha) { deployment, wire in
      var http = try await deployment.launch(.alpha).http
      let before = try await http.get("/api/bus").json
      let epoch = before["stream"]["epoch"]
      try await wire.asking { log in
        let acknowledged = try await log.ask(
          "ACK", ["consumer": "mallory", "stream": "alpha", "epoch": epoch, "sequence": 1])
        #expect(acknowledged.answer.code == "malformed")
        #expect(acknowledged.answer.message?.contains("alpha.consumers") == true)
        let claim: JSON = [
          "consumer": "mallory", "stream": "alpha", "epoch": epoch, "after": 1001,
          "chain": "000102030405060708090a0b0c0d0e0f",
        ]
        #expect(try await log.ask("FETCH", claim).answer.code == "ahead")
      }
      try await changeSettings(1, at: http)
      #expect(try await http.get("/api/bus").json["consumers"].list.count == 3)
      try await deployment.stop(.alpha)
      http = try await deployment.start(.alpha).http
      try await changeSettings(1, at: http)
    }
  }

  /// Row S3.
  @Test
  func `12,000 invented names register none, cost few log lines, and stop no follower`()
    async throws
  {
    try await withWire(of: .alpha) { deployment, wire in
      let alpha = try await deployment.start(.alpha)
      let bus = try await alpha.http.get("/api/bus").json
      let epoch = bus["stream"]["epoch"].text
      try await wire.asking { log in
        let name = String(repeating: "x", count: 56)
        // In four parts, since the own queue of the sender has 10,000 places.
        for part in 1...4 {
          let flood = (10_000_000..<10_003_000).map { number in
            let json =
              #"{"consumer":"\#(name)\#(number + part)","epoch":"\#(epoch)","sequence":1,"#
              + #""stream":"alpha"}"#
            return Message([Data("ACK".utf8), Data(json.utf8)])
          }
          try await log.dealer.send(flood)
          // A peer with four unread replies loses the next ones, and asks again.
          let question: JSON = ["id": JSON(Int64(part))]
          let status = Message([Data("STATUS".utf8), try question.data])
          let asking = Task { [dealer = log.dealer] in
            while true {
              try await dealer.send([status])
              try await Task.sleep(for: .seconds(1))
            }
          }
          defer { asking.cancel() }
          var reply = try await log.hear()
          while reply.answer.id != part { reply = try await log.hear() }
          #expect(reply.answer.consumers?.map(\.name) == ["beta", "charlie", "overlord"])
          #expect(try reply.json.data.count < 4_096)
        }
      }
      try await deployment.start(all: [.beta, .charlie])
      #expect(alpha.lines.filter { $0.level == "warning" }.count < 10)
      // All of them are counted, within a second.
      var counted: Int64 = 0
      while counted < 12_000 {
        let bus = try await alpha.http.get("/api/bus").json
        counted = (bus["refused"].int ?? 0) + (bus["dropped"].int ?? 0)
      }
      #expect(counted == 12_000)
    }
  }

  /// Row S4: the peer of this test is not the user that acknowledges for Charlie.
  @Test
  func `another user's ACK for a consumer that is away prunes nothing, and orders are charged`()
    async throws
  {
    let environment = [
      "ALPHA_APPROVAL": "automatic", "ALPHA_CONSUMERS_USERS": "charlie=65534",
      "ALPHA_RETENTION_AGE": "0",
    ]
    try await withWire(of: .alpha, environment: environment) { deployment, wire in
      try await deployment.start(all: [.alpha, .beta, .overlord])
      var orders: [Order] = []
      for price in 1...5 { orders.append(try await deployment.order(price: Int64(price) * 100)) }
      for order in orders { try await deployment.heard(.overlord, "order.approved applied", order) }
      let http = try await deployment.http(.alpha)
      let bus = try await http.get("/api/bus").json
      try await wire.asking { log in
        let reply = try await log.ask(
          "ACK",
          [
            "consumer": "charlie", "stream": "alpha", "epoch": bus["stream"]["epoch"],
            "sequence": bus["stream"]["head"],
          ])
        #expect(reply.answer.code == "malformed")
        #expect(reply.answer.message?.contains("alpha.consumers.users") == true)
      }
      let consumers = try await http.get("/api/bus").json["consumers"].list
      #expect(consumers.first { $0["name"] == "charlie" }?["cursor"] == 0)

      // Charlie's are refused too, because it runs as this user: it follows all the same.
      let charlie = try await deployment.start(.charlie)
      try await deployment.finished(orders)
      try await charlie.logged("that it may not acknowledge") {
        $0.level == "warning" && $0.message.contains("alpha does not take the acknowledgements")
          && $0.message.contains("alpha.consumers.users")
      }
      let following = try await charlie.http.get("/api/bus").json["subscriptions"].list.first
      #expect(following?["reason"].text.contains("alpha.consumers.users") == true)
      #expect(try await charlie.http.get("/readyz").status == 200)
    }
  }

  @Test
  func `consumers are those of the configuration at each start`() async throws {
    try await withDeployment { deployment in
      let first = try await deployment.start(
        .alpha, environment: ["ALPHA_CONSUMERS": "beta,warehouse"])
      func consumers(_ process: DaemonProcess) async throws -> [String] {
        try await process.http.get("/api/bus").json["consumers"].list.map { $0["name"].text }
      }
      #expect(try await consumers(first) == ["beta", "warehouse"])
      let answer = try await deployment.eventually(
        "follow", "remove", "alpha", "beta", "--run", deployment.runFolder, "--json")
      #expect(
        answer.objects.first?["note"].text.contains("the next start registers it again") == true)
      #expect(try await consumers(first) == ["warehouse"])
      try await deployment.stop(.alpha)
      let second = try await deployment.start(
        .alpha, environment: ["ALPHA_CONSUMERS": "beta,late"])
      #expect(try await consumers(second) == ["beta", "late"])
      try await second.logged("the consumer that it removed") {
        $0.level == "notice" && $0.message.hasPrefix("warehouse is no consumer any more")
      }
    }
  }
}

/// The cost of one peer's requests and subscriptions for the others: rows S12 and S16.
@Suite("Adversary: floods on the bus", .serialized, .timeLimit(.minutes(1)))
struct AdversaryCourierFloods {
  /// Row S12.
  @Test
  func `beside two peers that flood the log and never read, a third is answered`() async throws {
    try await withWire(of: .alpha) { deployment, wire in
      let alpha = try await deployment.start(.alpha).http
      try await changeSettings(20, at: alpha)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 1...2 {
          let flooder = try WirePeer(deployment.runFolder + "/alpha.log")
          await flooder.greet(as: "DEALER")
          group.addTask {
            while !Task.isCancelled {
              await flooder.ask("FETCH", #"{"stream":"alpha","after":0}"#, times: 500)
            }
          }
        }
        while try await alpha.get("/api/bus").json["dropped"].int == 0 {}
        try await wire.asking { log in
          for number in 1...50 {
            let answer = try await log.ask("STATUS", ["id": JSON(Int64(number))]).answer
            #expect(answer.id == number)
          }
        }
        group.cancelAll()
      }
      try await wire.serves("alpha")
    }
  }

  /// Row S16.
  @Test
  func `44,400 equal subscriptions cost a follower a few beats`() async throws {
    try await withWire(of: .alpha) { deployment, wire in
      let alpha = try await deployment.start(.alpha).http
      try await wire.subscribing("alpha/") { tap in
        _ = try await tap.next(beat: true)
        let began = ContinuousClock.now
        let flooder = try WirePeer(deployment.runFolder + "/alpha.events")
        await flooder.greet(as: "SUB")
        await flooder.subscribe("alpha/", times: 44_400)
        try await changeSettings(1, at: alpha)
        var beats = 0
        var message = try await tap.next()
        while message.header.isBeat {
          beats += 1
          message = try await tap.next()
        }
        let seconds = (ContinuousClock.now - began).seconds
        #expect(Double(beats) <= 12 * (seconds + 1), "\(beats) beats in \(seconds) s")
      }
    }
  }

  @Test
  func `prefixes of strangers never take the place of the followers' one`() async throws {
    try await withWire(of: .alpha) { deployment, wire in
      try await deployment.start(.alpha)
      try await wire.subscribing("0/") { flood in
        for number in 1..<3_000 { flood.subscriber.subscribe(Data("\(number)/".utf8)) }
        while try await flood.next().topic != "500/~beat/" {}
        try await wire.subscribing("alpha/") { tap in
          let topic = try await tap.next().topic
          #expect(topic == "alpha/~beat/")
        }
      }
    }
  }
}
