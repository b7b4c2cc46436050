// Idempotency-Key: a client that does not know whether its command arrived sends it again.

import Crypto
import Events
import FoundationEssentials
import HTTPTypes
import Journal
import Runtime

/// The table in which responses are stored.
///
/// Its scope is the method and the decoded path; the service is the journal's. Two clients that send one
/// key share its response, until requests have principals.
let idempotencyMigration = Migration(
  "daemon-1-idempotency",
  sql: """
    CREATE TABLE idempotency (
      scope TEXT NOT NULL,
      key TEXT NOT NULL,
      body_digest BLOB NOT NULL,
      status BIGINT NOT NULL,
      headers TEXT NOT NULL,
      body BLOB NOT NULL,
      correlation_id TEXT,
      at BIGINT NOT NULL,
      PRIMARY KEY (scope, key)
    );
    CREATE INDEX idempotency_by_time ON idempotency (at);
    """)

/// The time for which a response is remembered.
private let memory: Duration = .seconds(30 * 24 * 3600)

/// A POST with a key, which is decided once: the response to the first is stored in the transaction of
/// its effect, if it is a 2xx, and given again to every later one with the same body.
///
/// Transactions run one after another, so an identical request that is sent at the same time waits.
struct KeyedCommand {
  fileprivate let scope: String
  fileprivate let key: String
  fileprivate let digest: Data
  /// The work that the command begins.
  fileprivate let correlationID: String

  /// Nil for another method, and without a key.
  ///
  /// - Throws: a 422 ``Problem`` for what is no key.
  init?(_ request: Request) throws(Problem) {
    guard request.method == .post, let key = try request.idempotencyKey() else { return nil }
    scope = "\(request.method.rawValue) \(request.target.decodedPath)"
    self.key = key
    digest = Data(SHA256.hash(data: request.body))
    correlationID = request.correlation.id
  }

  /// The response to the command before; nil where it comes for the first time.
  ///
  /// - Throws: a 422 ``Problem`` when the key came with another body before.
  func response(in transaction: Transaction) throws -> Response? {
    try transaction.deleteResponses(storedBefore: transaction.trustedNow - memory)
    return try transaction.response(to: self)
  }

  /// Remembers the response to the command, if it is a 2xx.
  func remember(_ response: Response, in transaction: Transaction) throws {
    if response.status.kind == .successful { try transaction.remember(response, to: self) }
  }
}

extension Request {
  /// The key under which the command may be repeated; nil when the client gave none.
  ///
  /// - Throws: a 422 ``Problem`` when it is not 1 to 255 visible ASCII characters.
  func idempotencyKey() throws(Problem) -> String? {
    let keys = headers[values: .idempotencyKey]
    guard let key = keys.first else { return nil }
    guard keys.count == 1, isVisibleASCII(key, upTo: 255) else {
      throw .unprocessable(
        "invalid-idempotency-key",
        detail: "The Idempotency-Key is not 1 to 255 visible ASCII characters.",
        remedy: "Send one key, for example a UUID.")
    }
    return key
  }
}

extension Transaction {
  fileprivate func deleteResponses(storedBefore time: Timestamp) throws {
    try run("DELETE FROM idempotency WHERE at < \(time)")
  }

  fileprivate func response(to command: KeyedCommand) throws -> Response? {
    let stored = try row(
      "SELECT * FROM idempotency WHERE scope = \(command.scope) AND key = \(command.key)")
    guard let stored else { return nil }
    guard try stored.value("body_digest", as: Data.self) == command.digest else {
      throw Problem.unprocessable(
        "idempotency-key-reused", detail: "The Idempotency-Key came with another body before.",
        remedy: "Use a new key for a new command.")
    }
    var response = Response(
      status: HTTPResponse.Status(code: try stored.value("status")),
      headers: try HTTPFields(stored: stored.value("headers")), body: try stored.value("body"))
    response.headers[.idempotencyReplayed] = "true"
    response.correlationID = try stored.value("correlation_id", as: String?.self)
    return response
  }

  fileprivate func remember(_ response: Response, to command: KeyedCommand) throws {
    try run(
      """
      INSERT INTO idempotency (scope, key, body_digest, status, headers, body, correlation_id, at)
      VALUES (\(command.scope), \(command.key), \(command.digest), \(response.status.code),
      \(try response.headers.stored()), \(response.body),
      \(response.correlationID ?? command.correlationID), \(trustedNow))
      """)
  }
}

extension HTTPFields {
  /// Reads what ``stored()`` wrote.
  fileprivate init(stored text: String) throws {
    self.init()
    for (name, value) in try [String: String](json: Data(text.utf8)) {
      if let name = HTTPField.Name(name) { self[name] = value }
    }
  }

  /// The fields as JSON.
  fileprivate func stored() throws -> String {
    let fields = Dictionary(map { ($0.name.canonicalName, $0.value) }) { "\($0), \($1)" }
    return String(decoding: try fields.json(), as: UTF8.self)
  }
}

/// Whether a text has 1 to `limit` visible ASCII characters, 0x21 to 0x7e.
func isVisibleASCII(_ text: String, upTo limit: Int) -> Bool {
  (1...limit).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7e).contains($0) }
}
