// The gateway that comes with Charlie, for trying the system out. Only this file knows GRDB: the
// gateway stands for another company's system, and keeps its own books.

import GRDB
import Schema

/// A gateway in a file of its own, outside the journal, with every charge by its key.
///
/// It acts on the product's name alone, never on amounts:
/// - `test-decline-<code>` is declined with this code,
/// - `test-slow-<milliseconds>` is charged at once and answered so much later,
/// - `test-fail-<n>` fails n times before it is charged.
struct EmbeddedGateway: PaymentGateway {
  private let database: DatabaseQueue

  /// Opens the gateway's file, or makes it.
  init(path: String) throws {
    var configuration = Configuration()
    configuration.journalMode = .wal
    database = try DatabaseQueue(path: path, configuration: configuration)
    try database.writeWithoutTransaction { database in
      try database.execute(sql: "PRAGMA synchronous = FULL")
      try database.execute(
        sql: """
          CREATE TABLE IF NOT EXISTS charges (
            key TEXT PRIMARY KEY,
            product TEXT NOT NULL,
            amount INTEGER NOT NULL,
            currency TEXT NOT NULL,
            attempts INTEGER NOT NULL,
            answer TEXT
          )
          """)
    }
  }

  func charge(_ request: GatewayRequest) async throws -> GatewayAnswer {
    let behaviour = Behaviour(product: request.product)
    let step = try await database.write { database in
      try Step(request, behaviour, in: database)
    }
    switch step {
    case .known(let answer): return answer
    case .failed(let attempts): throw GatewayFailure(attempts: attempts)
    case .new(let answer):
      if case .slow(let pause) = behaviour { try await Task.sleep(for: pause) }
      return answer
    }
  }

  func close() throws {
    try database.close()
  }
}

/// How a product's name makes the gateway behave.
private enum Behaviour {
  case charge
  case decline(code: String)
  case slow(Duration)
  case fail(times: Int)

  init(product: String) {
    func argument(_ prefix: String) -> String? {
      guard product.hasPrefix(prefix) else { return nil }
      let rest = product.dropFirst(prefix.count)
      return rest.isEmpty ? nil : String(rest)
    }
    if let code = argument("test-decline-") {
      self = .decline(code: code)
    } else if let pause = argument("test-slow-").flatMap(UInt32.init) {
      self = .slow(.milliseconds(Int64(pause)))
    } else if let times = argument("test-fail-").flatMap(Int.init) {
      self = .fail(times: times)
    } else {
      self = .charge
    }
  }

  /// What the books say of the charge, for good: `charged`, or the code after `declined:`.
  var answer: String {
    if case .decline(let code) = self { "declined:\(code)" } else { "charged" }
  }
}

/// What one call comes to in the gateway's books, in one transaction.
private enum Step {
  case known(GatewayAnswer)
  case new(GatewayAnswer)
  case failed(attempts: Int)

  init(_ request: GatewayRequest, _ behaviour: Behaviour, in database: Database) throws {
    try database.execute(
      sql: """
        INSERT INTO charges (key, product, amount, currency, attempts) VALUES (?, ?, ?, ?, 1)
        ON CONFLICT (key) DO UPDATE SET attempts = attempts + 1
        """,
      arguments: [
        request.idempotencyKey, request.product, request.total.amount, request.total.currency.code,
      ])
    let row = try Row.fetchOne(
      database, sql: "SELECT attempts, answer FROM charges WHERE key = ?",
      arguments: [request.idempotencyKey])
    let attempts: Int = row?["attempts"] ?? 0
    if let answer: String = row?["answer"] {
      self = .known(GatewayAnswer(booked: answer))
    } else if case .fail(let times) = behaviour, attempts <= times {
      self = .failed(attempts: attempts)
    } else {
      try database.execute(
        sql: "UPDATE charges SET answer = ? WHERE key = ?",
        arguments: [behaviour.answer, request.idempotencyKey])
      self = .new(GatewayAnswer(booked: behaviour.answer))
    }
  }
}

extension GatewayAnswer {
  fileprivate init(booked answer: String) {
    let parts = answer.split(separator: ":", maxSplits: 1)
    if parts.count == 2 {
      self = .declined(
        code: String(parts[1]), reason: "The gateway declined the charge: \(parts[1]).")
    } else {
      self = .charged
    }
  }
}

/// The gateway did not say whether it has charged.
struct GatewayFailure: Error, CustomStringConvertible {
  let attempts: Int

  var description: String { "the gateway failed at attempt \(attempts)" }
}
