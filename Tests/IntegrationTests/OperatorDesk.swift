import Foundation
import GRDB
import Testing

/// An operator's work, with the command line tool.
extension Deployment {
  /// Runs `eventually` to its end, and expects how it ends.
  ///
  /// - Returns: what it printed as data.
  @discardableResult
  func eventually(
    _ arguments: String..., ends status: Int32 = 0,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> Said {
    try await eventually(arguments, ends: status, sourceLocation: sourceLocation)
  }

  @discardableResult
  func eventually(
    _ arguments: [String], ends status: Int32 = 0,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> Said {
    let child = try run("eventually", arguments)
    let ending = try await child.ending()
    let said = Said(lines: child.lines.all)
    #expect(
      ending == .exited(status), "\(arguments.joined(separator: " ")): \(said.text)",
      sourceLocation: sourceLocation)
    return said
  }

  /// The output of a command.
  struct Said: Sendable {
    let lines: [OutputLine]

    var text: String { lines.map(\.text).joined(separator: "\n") }
    /// The objects on the lines of the data.
    var objects: [JSON] { lines.filter { $0.channel == .output }.map(\.json) }
  }

  /// Waits for an event of the work on an order, which may have been emitted already.
  ///
  /// - Parameter topic: the beginning of its topic, `alpha/order.finalized`.
  func expect(
    _ topic: String, of order: Order, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    try await eventually(
      "expect", topic, "--where", "request=\(order.requestID)", "--since", "1h", "--within", "20s",
      "--run", runFolder, "--service", String(topic.prefix { $0 != "/" }),
      sourceLocation: sourceLocation)
  }

  /// The options that name where the running services answer.
  func addresses() async throws -> [String] {
    var options: [String] = []
    for service in running { options += ["--\(service)", try await http(service).base] }
    return options
  }

  /// Runs the command that a service names for a stopped stream, to the letter, at the addresses of
  /// this deployment.
  func obey(
    _ service: ServiceName, about stream: ServiceName, says code: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let line = try await self[service].stopped(following: stream)
    #expect(line.level == "error", sourceLocation: sourceLocation)
    #expect(line.message.contains("\(code): "), "\(line)", sourceLocation: sourceLocation)
    let ready = try await http(service).get("/readyz")
    #expect(ready.status == 503, "\(ready)", sourceLocation: sourceLocation)
    let command = try #require(
      line.message.range(of: "eventually follow reset ").map { line.message[$0.lowerBound...] },
      "\(line)", sourceLocation: sourceLocation)
    #expect(
      command == "eventually follow reset \(service) \(stream)", sourceLocation: sourceLocation)
    let count = self[service].lines.count
    try await eventually(
      command.split(separator: " ").dropFirst().map(String.init) + addresses(),
      sourceLocation: sourceLocation)
    try await self[service].logged("that it follows \(stream) again", after: count) {
      $0.message.hasPrefix("following \(stream) live from ")
    }
  }

  /// A journal's file.
  func journal(_ service: ServiceName) -> String { stateFolder(service) + "/journal.sqlite" }
}

extension DaemonProcess {
  /// Waits until it has stopped following a stream.
  @discardableResult
  func stopped(following stream: ServiceName) async throws -> OutputLine {
    try await logged("that it has stopped following \(stream)") {
      $0.message.hasPrefix("following \(stream) has stopped: ")
    }
  }
}

/// The conditions after a restored history: all services agree, each order has its end, and no
/// order was charged twice. Only the numbers of the events have changed.
extension Deployment {
  func checkAgreement(on orders: [Order]) async throws {
    try await quiet()
    let settings = try await http(.alpha).get("/api/settings").json
    for service in [ServiceName.beta, .charlie] {
      let copy = try await http(service).get("/api/settings").json
      #expect(copy == settings, "the settings at \(service)")
    }
    for order in orders {
      let atAlpha = try await alphaOrder(order)
      #expect(atAlpha["state"] == "finalized", "\(atAlpha)")
      #expect(atAlpha["outcome"] == "charged")
      #expect(atAlpha["total"]["amount"].int == order.total)
      #expect(try await charge(order)["total"]["amount"].int == order.total)
    }
    try await checkMoney(of: orders)
    for service in ServiceName.allCases {
      let bus = try await http(service).get("/api/bus").json
      #expect(bus["stream"]["lost"].isNull, "\(service)")
      #expect(bus["deadLetters"] == 0, "\(service)")
      #expect(try await http(service).get("/readyz").status == 200, "\(service)")
    }
  }

  private func checkMoney(of orders: [Order]) async throws {
    let ledger = try await http(.charlie).get("/api/ledger").json
    #expect(ledger["total"] == 0)
    #expect(ledger["balanced"] == true)
    let cash = ledger["accounts"].list.first { $0["account"] == "cash" }
    #expect(cash?["balance"].int == orders.reduce(0) { $0 + $1.total })
    let books = try GatewayBooks(self)
    #expect(try books.charges().count == orders.count)
    for order in orders {
      #expect(try books.charges(of: order).count == 1, "the gateway has charged once")
    }
  }
}

/// Faults for an operator to repair.
extension Deployment {
  /// Puts the capture of an order, the last one, among Alpha's dead letters before Alpha receives it.
  ///
  /// - Returns: the id of the dead letter; of the first one it ends in 1, of the second in 2.
  @discardableResult
  func killLetter(about order: Order) throws -> String {
    let beta = try DatabaseQueue(path: journal(.beta))
    let captured = try beta.read {
      try Row.fetchOne($0, sql: "SELECT * FROM log ORDER BY sequence DESC LIMIT 1")
    }
    let row = try #require(captured)
    let alpha = try DatabaseQueue(path: journal(.alpha))
    return try alpha.write { database in
      let count = try Int.fetchOne(database, sql: "SELECT COUNT(*) FROM put_aside") ?? 0
      let id = "0199e8a2-0000-7000-8000-00000000000\(count + 1)"
      try database.execute(
        sql: """
          INSERT INTO put_aside (id, stream, sequence, subject, topic, header, body, state, reason,
          causes, attempts, at) VALUES (?, 'beta', ?, ?, ?, ?, ?, 'dead', 'the product is not sold any more', '[]', 1,
          1800000000000000)
          """,
        arguments: [
          id, row["sequence"] as Int64, order.id, row["topic"] as String, row["header"] as Data,
          row["body"] as Data,
        ])
      return id
    }
  }
}
