// The gateway that is built into Charlie, for trying the system out. It simulates another company's
// system, and keeps its own books outside the journal: in a file, or in a table of their own.

package import Daemon
import Dispatch
import Schema
import Synchronization

/// A gateway with books of its own, outside the journal, with every charge by its key.
///
/// Several gateways may share the books: a key is charged once, whichever of them is asked.
///
/// It acts on the product's name alone, never on amounts:
/// - `test-decline-<code>` is declined with this code,
/// - `test-slow-<milliseconds>` is charged at once and answered so much later,
/// - `test-fail-<n>` fails n times before it is charged.
package final class EmbeddedGateway: PaymentGateway {
  /// The place of the books.
  package enum Books: Sendable {
    /// A file, made when it is missing.
    case file(String)
    /// An engine that outlives the gateway: for a simulation, which decides what its commits do.
    case engine(any Engine)
    /// The database of PostgreSQL that has the journal, by a session of its own.
    case database(any Engine)
  }

  /// The table of the books.
  static let table = TableBeside(
    "charges", inFile: databasesBesideJournal[0], nameInDatabase: "gateway_charges",
    columns: """
      key TEXT PRIMARY KEY,
      product TEXT NOT NULL,
      amount BIGINT NOT NULL,
      currency TEXT NOT NULL,
      attempts BIGINT NOT NULL,
      answer TEXT
      """)

  private let books: Books
  /// Nil until the books could be opened.
  private let opened = Mutex<(any Engine)?>(nil)
  private let pause: @Sendable (Duration) async throws -> Void
  /// The calls that wait for the next transaction of the books.
  private let waiting = Mutex<[WaitingCall]>([])
  private let writer = DispatchQueue(label: "eventually.gateway")

  private struct WaitingCall {
    let request: GatewayRequest
    let continuation: CheckedContinuation<GatewayStep, any Error>
  }

  /// A gateway that opens its books at the first call: if they cannot be opened, only that call
  /// fails.
  ///
  /// - Parameters:
  ///   - books: where they are kept.
  ///   - pause: waits before a slow answer.
  package init(
    _ books: Books,
    pause: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
  ) {
    self.books = books
    self.pause = pause
    _ = try? database()
  }

  /// The books, opened once.
  private func database() throws -> any Engine {
    try opened.withLock { opened in
      if let opened { return opened }
      let database = try books.open()
      opened = database
      return database
    }
  }

  package func charge(_ request: GatewayRequest) async throws -> GatewayAnswer {
    let (answer, after) = try await book(request).answer()
    if let after { try await pause(after) }
    return answer
  }

  /// The outcome of one call in the books; calls that come during a commit share the next one.
  private func book(_ request: GatewayRequest) async throws -> GatewayStep {
    try await withCheckedThrowingContinuation { continuation in
      let isFirst = waiting.withLock { calls in
        calls.append(WaitingCall(request: request, continuation: continuation))
        return calls.count == 1
      }
      if isFirst { writer.async { self.bookWaiting() } }
    }
  }

  private func bookWaiting() {
    let calls = waiting.withLock { calls in
      defer { calls = [] }
      return calls
    }
    for (call, step) in zip(calls, steps(for: calls.map(\.request))) {
      call.continuation.resume(with: step)
    }
  }

  /// The outcomes of calls that share a commit of the books, on the calling thread and without pauses.
  package func steps(for requests: [GatewayRequest]) -> [Result<GatewayStep, any Error>] {
    do {
      return try database().write { books in
        try requests.map { .success(try GatewayStep($0, in: books, table: self.books.table)) }
      }
    } catch let error as JournalError where Self.outages.contains(error.code) {
      return requests.map { _ in .failure(error) }
    } catch  where requests.count > 1 {
      // Each fails alone.
      return requests.flatMap { steps(for: [$0]) }
    } catch {
      return requests.map { _ in .failure(error) }
    }
  }

  /// The failures that are not of one request, and last.
  private static let outages: [JournalError.Code] = [.away, .noConnections, .readOnly, .busy]

  func close() throws {
    try opened.withLock { try $0?.close() }
  }
}

extension EmbeddedGateway.Books {
  /// The name of the table.
  fileprivate var table: String {
    if case .database = self {
      EmbeddedGateway.table.nameInDatabase
    } else {
      EmbeddedGateway.table.name
    }
  }

  /// A thread waits only shortly for a lock: the call is repeated with a backoff of its own.
  fileprivate func open() throws -> any Engine {
    let engine: any Engine =
      switch self {
      case .engine(let engine), .database(let engine): engine
      case .file(let path): try SQLiteEngine.file(path, label: "the gateway's books")
      }
    try engine.write { try $0.run(EmbeddedGateway.table.definition(named: table)) }
    return engine
  }
}

/// The gateway's behaviour, by a product's name.
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

  /// The time until the first answer.
  var pause: Duration? {
    if case .slow(let pause) = self { pause } else { nil }
  }

  /// The permanent answer of the books: `charged`, or the code after `declined:`.
  var answer: String {
    if case .decline(let code) = self { "declined:\(code)" } else { "charged" }
  }
}

/// The result of one call in the gateway's books, in one transaction.
package enum GatewayStep: Sendable {
  /// Booked, now or before; the answer comes so much later.
  case answered(GatewayAnswer, after: Duration?)
  /// Nothing is booked.
  case failed(GatewayFailure)

  /// The answer, and the pause before it.
  package func answer() throws(GatewayFailure) -> (answer: GatewayAnswer, after: Duration?) {
    switch self {
    case .answered(let answer, let after): (answer, after)
    case .failed(let failure): throw failure
    }
  }

  fileprivate init(
    _ request: GatewayRequest, in books: any Connection, table name: String
  ) throws {
    let behaviour = Behaviour(product: request.product)
    let key = request.idempotencyKey
    let table = SQL(stringLiteral: name)
    try books.run(
      "INSERT INTO" + table + """
        AS booked (key, product, amount, currency, attempts) VALUES (\(key),
        \(request.product), \(request.total.amount), \(request.total.currency.code), 1)
        ON CONFLICT (key) DO UPDATE SET attempts = booked.attempts + 1
        """)
    let row = try books.rows("SELECT attempts, answer FROM" + table + "WHERE key = \(key)").first
    let attempts: Int = try row?.value("attempts") ?? 0
    if let answer = try row?.value("answer", as: String?.self) ?? nil {
      self = .answered(GatewayAnswer(booked: answer), after: nil)
    } else if case .fail(let times) = behaviour, attempts <= times {
      self = .failed(GatewayFailure(attempts: attempts))
    } else {
      try books.run("UPDATE" + table + "SET answer = \(behaviour.answer) WHERE key = \(key)")
      self = .answered(GatewayAnswer(booked: behaviour.answer), after: behaviour.pause)
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

/// The gateway did not report whether it has charged.
package struct GatewayFailure: Error, CustomStringConvertible {
  let attempts: Int

  /// The sentence for people.
  package var description: String { "the gateway failed at attempt \(attempts)" }
}
