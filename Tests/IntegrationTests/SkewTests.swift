import Events
import Foundation
import Schema
import Testing
import Versions

/// An older version that a service may publish, and so a cell of the skew matrix.
struct Pin: Sendable, CustomTestStringConvertible {
  let service: ServiceName
  let type: String
  let version: UInt16

  var testDescription: String { "\(service) publishes \(type) version \(version)" }
  var variable: String { "\(service.rawValue.uppercased())_PINS" }

  /// Every older version that can be published; a new one is in the matrix by itself.
  static let all: [Pin] = Registry.eventually.events.flatMap { event in
    event.versions.dropLast().filter(\.canBePinned).compactMap { version in
      ServiceName(rawValue: event.stream).map {
        Pin(service: $0, type: event.type, version: version.schema.version)
      }
    }
  }
}

extension [Pin] {
  /// The environment in which these versions are published, and Alpha approves by itself.
  var environment: [String: String] {
    reduce(into: .automatic) { variables, pin in
      let pins = [variables[pin.variable], "\(pin.type)=\(pin.version)"].compactMap(\.self)
      variables[pin.variable] = pins.joined(separator: ",")
    }
  }
}

extension Stories {
  /// Teams deploy on their own days.
  @Suite("Version skew", .serialized, .timeLimit(.minutes(1)))
  struct Skew {
    @Test func `the matrix has a cell for each older version`() {
      #expect(
        Pin.all.map(\.testDescription) == [
          "alpha publishes order.approved version 1", "beta publishes order.captured version 1",
        ])
    }

    @Test(arguments: Pin.all.map { [$0] } + [Pin.all])
    func `an order is completed with an older version published, against the newest others`(
      pins: [Pin]
    ) async throws {
      try await withDeployment(environment: pins.environment) { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let order = try await deployment.order()
        try await deployment.finished(order)
        for pin in pins {
          let event = try #require(try await deployment.events(pin.type, of: order).first)
          #expect(event.event["type"].text == "dev.eventually.\(pin.type).v\(pin.version)")
        }
        #expect(try await deployment.betaCart(order.cart)["lastOrder"]["outcome"] == "charged")
        let total = try await deployment.alphaOrder(order)["total"]["amount"]
        #expect(total == 3500)
        #expect(try await deployment.charge(order)["total"]["amount"] == total)
        let ledger = try await deployment.http(.charlie).get("/api/ledger").json
        #expect(ledger["balanced"] == true)
        for service in ServiceName.allCases {
          #expect(try await deployment.http(service).get("/api/bus").json["deadLetters"] == 0)
        }
      }
    }

    @Test
    func `an order of version 1 is promised nothing, and priced by the settings then in force`()
      async throws
    {
      try await withDeployment(environment: ["BETA_PINS": "order.captured=1"]) { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let cart = try await deployment.openCart()
        let shown = try await deployment.betaCart(cart)
        #expect(shown["quote"]["promised"] == false)
        let page = try await deployment.http(.beta).get("/carts/\(cart.id)")
        #expect(String(decoding: page.body, as: UTF8.self).contains("discount may change"))
        try await deployment.change(fee: 9900, discount: 1, heardBy: .beta)
        let order = try await deployment.order(price: 1000, cart: cart)
        try await deployment.approve(order)
        try await deployment.finished(order)

        let captured = try #require(
          try await deployment.events("order.captured", of: order).first)
        #expect(captured.data["promise"].isNull)
        let priced = try await deployment.alphaOrder(order)
        #expect(priced["fee"]["amount"] == 9900, "no quote has promised 2500")
        #expect(priced["settingsVersion"] == 1001)
        #expect(try await deployment.charge(order)["total"]["amount"] == 10_899)
      }
    }

    @Test
    func `an approval of version 1 is charged and booked, and its fee is unknown, never zero`()
      async throws
    {
      let environment = [String: String].automatic.merging(["ALPHA_PINS": "order.approved=1"]) {
        $1
      }
      try await withDeployment(environment: environment) { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let order = try await deployment.order()
        try await deployment.finished(order)

        let charge = try await deployment.charge(order)
        #expect(charge["state"] == "charged")
        #expect(charge["fee"].isNull)
        let charged = try #require(try await deployment.events("order.charged", of: order).first)
        #expect(charged.data["fee"].isNull)
        let charlie = try await deployment.http(.charlie)
        let entry = try await charlie.get("/api/ledger/entries?order=\(order.id)").json
        #expect(
          entry["entries"].list.first?["postings"] == [
            ["account": "cash", "amount": 3500], ["account": "unallocated", "amount": -3500],
          ])
        let report = try await charlie.get("/api/ledger/fees").json
        #expect(report["unknown"].list.map { $0["orderId"].text } == [order.id])
        #expect(report["unknown"].list.first?["fee"].isNull == true)
        let line = try #require(report["fees"].list.first)
        #expect((line["orders"], line["carried"]["amount"]) == (0, 0))
        let page = try await charlie.get("/")
        #expect(String(decoding: page.body, as: UTF8.self).contains("unknown</td>"))
        // Alpha itself knows what it has approved.
        #expect(try await deployment.alphaOrder(order)["fee"]["amount"] == 2500)
      }
    }

    @Test(arguments: [
      ("alpha", "order.captured=1", "“order.captured” is not published here"),
      ("beta", "order.captured=3", "version 3 of order.captured cannot be published"),
      ("charlie", "order.charged", "is no pin: write TYPE=VERSION"),
      ("overlord", "settings.changed=1", "nothing is"),
    ])
    func `a pin that cannot be kept is an error of the configuration`(
      service: String, pins: String, sentence: String
    ) async throws {
      try await withDeployment { deployment in
        let child = try deployment.run(
          "\(service)d", ["--check-config"],
          environment: ["\(service.uppercased())_PINS": pins])
        #expect(try await child.ending() == .exited(78))
        let text = child.lines.all.map(\.text).joined()
        #expect(text.contains("environment \(service.uppercased())_PINS: \(service).pins is"))
        #expect(text.contains(sentence), "\(text)")
      }
    }

    // MARK: A consumer that is too old

    private static let withWarehouse = ["BETA_CONSUMERS": "alpha,overlord,warehouse"]

    private func warehouse(_ deployment: Deployment, reads version: Int) async throws
      -> (child: ChildProcess, http: HTTPClient)
    {
      let file = "\(deployment.folder)/warehouse.yaml"
      try Data("warehouse:\n".utf8).write(to: URL(fileURLWithPath: file))
      let child = try deployment.run(
        "warehoused",
        [
          "--config", file, "--state", "\(deployment.folder)/warehouse", "--run",
          deployment.runFolder, "--warehouse-http-port", "0", "--warehouse-log-format", "json",
        ], environment: ["READS": "\(version)", "WAREHOUSE_LOG_LEVEL": "debug"])
      let prefix = "listening on "
      let line = try await child.line("where it listens") { $0.message.hasPrefix(prefix) }
      return (child, HTTPClient(base: String(line.message.dropFirst(prefix.count))))
    }

    @Test
    func
      `a consumer that is too old reports it at once, and applies all in order after its upgrade`()
      async throws
    {
      try await withDeployment(environment: Self.withWarehouse) { deployment in
        try await deployment.start(all: [.alpha, .beta])
        let (old, http) = try await warehouse(deployment, reads: 1)
        let warning = try await old.line("that it is too old") { $0.level == "warning" }
        #expect(warning.message.hasPrefix("beta publishes order.captured version 2, which may be"))
        #expect(warning.message.hasSuffix("until then: beta.pins: order.captured=1"))
        let following = try await http.get("/api/bus").json["subscriptions"].list.first
        #expect(
          following?["lacks"] == [
            ["type": "order.captured", "version": 2, "leastReader": 2, "known": 1]
          ])
        #expect(following?["deadLetters"] == 0, "nothing was ordered yet")

        let orders = [
          try await deployment.order("first"), try await deployment.order("second"),
        ]
        for order in orders {
          _ = try await old.line("the order aside") {
            $0.message.hasPrefix("order.captured is a dead letter") && $0.orderID == order.id
          }
        }
        #expect(try await http.get("/api/bus").json["deadLetters"] == 2)
        #expect(try await http.get("/api/orders").json == [])
        old.signal(SIGTERM)
        #expect(try await old.ending() == .exited(0))
        let third = try await deployment.order("third")

        let (new, upgraded) = try await warehouse(deployment, reads: 2)
        _ = try await new.line("the third order") {
          $0.message == "order.captured applied" && $0.orderID == third.id
        }
        let stored = try await upgraded.get("/api/orders").json.list
        #expect(stored.map { $0["product"].text } == ["first", "second", "third"])
        #expect(stored.allSatisfy { $0["fee"] == 2500 }, "the promise was not dropped")
        #expect(try await upgraded.get("/api/bus").json["deadLetters"] == 0)
        let live = try #require(
          new.lines.all.firstIndex { $0.message.hasPrefix("following beta live") })
        let taken = new.lines.all.lastIndex {
          $0.message == "order.captured applied" && $0.orderID != third.id
        }
        #expect(try #require(taken) < live, "before anything live")
      }
    }

    @Test
    func `with the older version pinned at the publisher an old consumer misses nothing`()
      async throws
    {
      try await withDeployment(
        environment: Self.withWarehouse.merging(["BETA_PINS": "order.captured=1"]) { $1 }
      ) { deployment in
        try await deployment.start(all: [.alpha, .beta])
        let (old, http) = try await warehouse(deployment, reads: 1)
        let order = try await deployment.order("first")
        _ = try await old.line("the order") {
          $0.message == "order.captured applied" && $0.orderID == order.id
        }
        #expect(try await http.get("/api/orders").json.list.map { $0["fee"].isNull } == [true])
        #expect(!old.lines.all.contains { $0.level == "warning" })
      }
    }

    @Test
    func `events of types without a reaction are counted and skipped`() async throws {
      try await withDeployment(environment: .automatic) { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let order = try await deployment.order()
        try await deployment.finished(order)
        try await deployment.quiet()
        let bus = try await deployment.http(.charlie).get("/api/bus").json
        // Charlie charges what Alpha approves, and has no use for what it finalizes.
        #expect(bus["subscriptions"].list.first?["unknown"] == 1)
        #expect(bus["deadLetters"] == 0)
      }
    }
  }
}
