import Events
import Foundation
import HTTPTypes
import Testing

@testable import Daemon
@testable import Journal

/// A request and the problem that it earns.
struct Refusal: Sendable, CustomTestStringConvertible {
  let status: Int
  let slug: String
  let request: String
  var path: String?
  var header: (name: String, value: String)?

  var testDescription: String { "\(status) \(slug)" }
}

private let json = "Content-Type: application/json"
private let id = "0190a5f0-0000-7000-8000-000000000001"

private let refusals = [
  Refusal(
    status: 400, slug: "not-json", request: request("POST", "/api/things", [json], body: "{")),
  Refusal(
    status: 400, slug: "not-json", request: request("POST", "/api/things", [json], body: "\u{1}")),
  Refusal(status: 400, slug: "body-missing", request: request("POST", "/api/things")),
  Refusal(
    status: 403, slug: "foreign-origin",
    request: request("POST", "/things", ["Origin: http://evil.example"], body: "name=x")),
  Refusal(
    status: 403, slug: "foreign-origin",
    request: request("POST", "/api/things/\(id)/finish", ["Origin: null"])),
  Refusal(status: 404, slug: "no-such-path", request: request("GET", "/nowhere")),
  Refusal(status: 404, slug: "no-such-path", request: request("GET", "/metrics/")),
  Refusal(status: 404, slug: "no-such-path", request: request("GET", "/api/things/")),
  Refusal(status: 404, slug: "not-found", request: request("GET", "/api/things/17")),
  Refusal(status: 404, slug: "no-such-thing", request: request("GET", "/api/things/\(id)")),
  Refusal(
    status: 405, slug: "method-not-allowed", request: request("DELETE", "/api/things"),
    header: ("allow", "GET, HEAD, OPTIONS, POST")),
  Refusal(
    status: 405, slug: "method-not-allowed", request: request("GET", "/api/things/\(id)/finish"),
    header: ("allow", "OPTIONS, POST")),
  Refusal(
    status: 409, slug: "thing-finished", request: request("POST", "/api/things/\(id)/break")),
  Refusal(
    status: 412, slug: "thing-changed",
    request: request("PUT", "/api/things/\(id)", ["If-Match: \"1\""])),
  Refusal(
    status: 413, slug: "body-too-large",
    request: request(
      "POST", "/api/things", [json], body: String(repeating: " ", count: 65_537))),
  Refusal(
    status: 415, slug: "unsupported-media-type",
    request: request("POST", "/api/things", ["Content-Type: text/plain"], body: "{}")),
  Refusal(
    status: 415, slug: "unsupported-media-type",
    request: request("POST", "/api/things", body: "{}")),
  Refusal(
    status: 415, slug: "unsupported-media-type",
    request: request("POST", "/things", [json], body: "{}")),
  Refusal(
    status: 422, slug: "invalid-field",
    request: request("POST", "/api/things", [json], body: #"{"name":"a"}"#), path: "price"),
  Refusal(
    status: 422, slug: "invalid-field",
    request: request("POST", "/api/things", [json], body: #"{"name":1,"price":2}"#), path: "name"),
  Refusal(
    status: 422, slug: "invalid-field",
    request: request(
      "POST", "/api/things", [json], body: #"{"name":"a","price":99999999999999999999}"#),
    path: "price"),
  Refusal(
    status: 422, slug: "invalid-field",
    request: request(
      "POST", "/api/things", [json], body: #"{"name":"a","price":1,"maker":{"age":300}}"#),
    path: "maker.age"),
  Refusal(
    status: 422, slug: "invalid-field",
    request: request("POST", "/api/things", [json], body: #"{"name":"a","price":-1}"#),
    path: "price"),
  Refusal(
    status: 422, slug: "invalid-field",
    request: request("POST", "/api/things", [json], body: #"{"name":"a","price":1.5}"#),
    path: "price"),
  Refusal(
    status: 422, slug: "invalid-field",
    request: request("POST", "/api/things", [json], body: "[]")),
  Refusal(
    status: 422, slug: "invalid-field", request: request("GET", "/api/things?limit=501"),
    path: "limit"),
  Refusal(
    status: 422, slug: "invalid-field", request: request("GET", "/api/things?before=x"),
    path: "before"),
  Refusal(
    status: 422, slug: "invalid-idempotency-key",
    request: request("POST", "/api/things", [json, "Idempotency-Key: a b"], body: "{}")),
  Refusal(
    status: 428, slug: "if-match-missing", request: request("PUT", "/api/things/\(id)")),
  Refusal(status: 500, slug: "unexpected", request: request("GET", "/api/surprise")),
  Refusal(
    status: 503, slug: "no-copy-yet", request: request("GET", "/api/later"),
    header: ("retry-after", "3")),
]

@Suite("Problems over HTTP", .timeLimit(.minutes(1)))
struct ProblemTests {
  @Test(
    "every refusal is a problem document with its type, the request's id and a remedy",
    .timeLimit(.minutes(1)), arguments: refusals)
  func refused(_ refusal: Refusal) async throws {
    let desk = try Desk()
    try await withServer(desk) { port, _ in
      let answer = try await exchange(port, refusal.request)
      #expect(answer.status == refusal.status)
      #expect(answer.headers["content-type"] == "application/problem+json")
      if let header = refusal.header { #expect(answer.headers[header.name] == header.value) }
      let document = try answer.document
      #expect(document["type"]?.string == "urn:eventually:problem:\(refusal.slug)")
      #expect(document["status"] == .integer(Int64(refusal.status)))
      #expect(document["title"]?.string?.isEmpty == false)
      #expect(document["detail"]?.string?.isEmpty == false)
      #expect(document["remedy"]?.string?.isEmpty == false)
      #expect(document["requestId"]?.string == answer.headers["x-request-id"])
      #expect(answer.headers["x-request-id"]?.isEmpty == false)
      if let path = refusal.path { #expect(document["path"]?.string == path) }
      #expect(!answer.body.contains("4711"), "what an error says stays in the log")
    }
    #expect(try desk.thingCount == 0)
  }

  @Test("a problem's own members stand beside the others")
  func members() throws {
    let answer = try Desk().answer(.post, "/api/things/\(id)/break")
    #expect(try answer.document["thingId"]?.string == id)
  }

  @Test("a refusal is logged with the work that it belongs to, as a document and as a page")
  func correlation() async throws {
    let desk = try Desk(["log.level": "debug"])
    try await withServer(desk) { port, _ in
      _ = try await exchange(port, request("POST", "/api/things/\(id)/break"))
      _ = try await exchange(port, request("GET", "/things/1", ["Accept: text/html"]))
    }
    for message in ["POST /api/things/\(id)/break 409", "GET /things/1 404"] {
      let line = try #require(try desk.lines.object(message))
      #expect(line["labels.correlation_id"]?.string == "the work that began it")
    }
  }

  @Test("a client that goes away is no error")
  func gone() async throws {
    let desk = try Desk(["log.level": "debug"])
    try await withServer(desk) { port, _ in
      let answer = try await exchange(port, request("GET", "/api/gone"))
      #expect(answer.status == 503)
    }
    let line = try #require(try desk.lines.object("GET /api/gone was given up"))
    #expect(line["log.level"]?.string == "debug")
    #expect(try desk.lines.objects().allSatisfy { $0["log.level"]?.string != "error" })
  }

  @Test("an unexpected error is in the log, with the request's id")
  func unexpectedIsLogged() async throws {
    let desk = try Desk()
    try await withServer(desk) { port, _ in
      _ = try await exchange(port, request("GET", "/api/surprise", ["X-Request-ID: r-1"]))
    }
    let line = try #require(try desk.lines.object("GET /api/surprise failed"))
    #expect(line["error.message"]?.string == "the vault's code is 4711")
    #expect(line["error.type"]?.string == "Surprise")
    #expect(line["http.request.id"]?.string == "r-1")
  }

  @Test("a person's browser gets a page, escaped, with the same status")
  func page() async throws {
    let desk = try Desk()
    try await withServer(desk) { port, _ in
      let answer = try await exchange(
        port, request("GET", "/things/1", ["Accept: text/html,*/*", "X-Request-ID: r-2"]))
      #expect(answer.status == 404)
      #expect(answer.headers["content-type"] == "text/html; charset=utf-8")
      #expect(answer.body.contains("There is no &lt;thing&gt;."))
      #expect(answer.body.contains("r-2"))
    }
  }

  @Test("a journal that has failed is 503 with when to ask again, a row that is wrong is 500")
  func journalFailed() {
    let failed = Problem(JournalError(.commit, summary: "the disk is full"))
    #expect(failed.status == .serviceUnavailable)
    #expect(failed.headers[.retryAfter] == "5")
    #expect(Problem(JournalError(.malformed, summary: "a row")).status == .internalServerError)
  }
}
