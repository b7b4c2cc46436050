import Foundation
import Testing

/// A response as it came over a connection, to the letter.
struct RawResponse: CustomStringConvertible {
  let status: Int
  let headers: [String: String]
  let body: String

  /// Reads the first response of a text.
  init(_ text: String) throws {
    let parts = text.components(separatedBy: "\r\n\r\n")
    let lines = parts[0].components(separatedBy: "\r\n")
    let words = lines[0].split(separator: " ")
    status = try #require(words.count > 1 ? Int(words[1]) : nil, "\(text.prefix(500))")
    headers = Dictionary(
      lines.dropFirst().compactMap { line in
        line.firstIndex(of: ":").map {
          (
            line[..<$0].lowercased(),
            line[line.index(after: $0)...].trimmingCharacters(in: .whitespaces)
          )
        }
      }
    ) { $1 }
    body = parts.count > 1 ? parts[1] : ""
  }

  var json: JSON { (try? JSON(Data(body.utf8))) ?? .null }
  var description: String { "\(status) \(body.prefix(500))" }

  /// Checks that it is a whole problem document.
  func check(_ status: Int, _ slug: String, says words: String...) {
    #expect(self.status == status, "\(self)")
    #expect(headers["content-type"] == "application/problem+json", "\(self)")
    #expect(json["type"].string == "urn:eventually:problem:\(slug)", "\(self)")
    #expect(json["requestId"].string != nil && json["requestId"].string == headers["x-request-id"])
    #expect(json["remedy"].text.hasSuffix("."))
    for word in words {
      #expect((json["detail"].text + " " + json["remedy"].text).contains(word), "\(self)")
    }
  }
}

extension HTTPClient {
  /// Sends bytes, and reads to the end of the connection.
  func raw(_ bytes: String) async throws -> RawResponse {
    try await raw(Array(bytes.utf8))
  }

  func raw(_ bytes: [UInt8]) async throws -> RawResponse {
    let connection = try RawConnection(to: self)
    connection.send(bytes)
    return try RawResponse(try await connection.receiveAll())
  }
}

/// Requests by the letter of RFC 9110 and 9112, and against it.
@Suite(.timeLimit(.minutes(1)), .sharing(.alpha, .beta, .overlord))
struct AdversaryHTTP {
  private static let host = "Host: localhost\r\n"

  @Test func `a client that expects 100 gets it, and then the response`() async throws {
    let connection = try RawConnection(to: try await shared.http(.alpha))
    connection.send(
      "PUT /api/settings HTTP/1.1\r\n\(Self.host)Expect: 100-Continue\r\nIf-Match: *\r\n"
        + "Content-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n")
    #expect(await connection.receive(upTo: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
    connection.send("{}")
    try RawResponse(try await connection.receiveAll()).check(422, "invalid-field")
  }

  @Test(arguments: [
    ("Content-Length: 20000000\r\nContent-Type: application/json", 413, "body-too-large"),
    ("Content-Length: 2\r\nContent-Type: text/plain", 415, "unsupported-media-type"),
    ("Content-Length: 2\r\nHost: rebound.example", 400, "malformed-request"),
    ("Content-Length: 2\r\nOrigin: http://evil.example", 403, "foreign-origin"),
    ("Transfer-Encoding: chunked\r\nContent-Encoding: br", 415, "unsupported-content-coding"),
  ])
  func `a client that expects 100 gets a refusal before it sends the body`(
    fields: String, status: Int, slug: String
  ) async throws {
    // No byte of a body follows: an answer after the body would never come.
    let answer = try await shared.http(.beta).raw(
      "POST /api/carts HTTP/1.1\r\n\(Self.host)Expect: 100-continue\r\n\(fields)\r\n\r\n")
    answer.check(status, slug)
    #expect(answer.headers["connection"] == "close")
  }

  @Test(arguments: [
    "GET /healthz HTTP/1.0\r\n\r\n",
    "GET /healthz HTTP/1.0\r\n\(host)Connection: keep-alive\r\n\r\n",
    "GET /healthz HTTP/1.1\r\n\(host)Connection: Close\r\n\r\n",
    "GET /healthz HTTP/1.1\r\n\(host)Connection: keep-alive, CLOSE\r\n\r\n",
    "GET /healthz HTTP/1.1\r\n\(host)Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
      + "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n",
    "GET /healthz HTTP/1.1\r\n\(host)Connection: Upgrade\r\nUpgrade: websocket\r\n"
      + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  ])
  func `a request that ends its connection is answered, and the connection ends`(
    request: String
  ) async throws {
    let answer = try await shared.http(.alpha).raw(request)
    #expect(answer.status == 200)
    #expect(answer.headers["connection"] == "close")
    #expect(answer.json["status"] == "alive")
  }

  @Test(arguments: [
    ("a coding", "Content-Encoding: gzip", 415, "unsupported-content-coding", "gzip"),
    (
      "a transfer coding", "Transfer-Encoding: gzip, chunked", 501, "unknown-transfer-coding",
      "gzip"
    ),
    ("an expectation", "Expect: 200-ok", 417, "unknown-expectation", "200-ok"),
    ("two hosts", "Host: localhost", 400, "malformed-request", "Host"),
    ("two lengths", "Content-Length: 1\r\nContent-Length: 2", 400, "malformed-request", "HTTP"),
    ("a length that is none", "Content-Length: -1", 400, "malformed-request", "HTTP"),
    (
      "length and chunks", "Content-Length: 1\r\nTransfer-Encoding: chunked", 400,
      "malformed-request", "HTTP"
    ),
    ("a name that is none", "na me: x", 400, "malformed-request", "HTTP"),
  ])
  func `a malformed or unknown header field is refused`(
    name: String, field: String, status: Int, slug: String, word: String
  ) async throws {
    let answer = try await shared.http(.beta).raw(
      "POST /api/carts HTTP/1.1\r\n\(Self.host)Connection: close\r\n\(field)\r\n\r\n")
    answer.check(status, slug, says: word)
    if slug == "unsupported-content-coding" {
      #expect(answer.headers["accept-encoding"] == "identity")
    }
  }

  @Test(
    arguments: [
      (
        "a header of 81 KiB", 431, "header-too-large",
        Array("GET / HTTP/1.1\r\n\(host)X: \(String(repeating: "x", count: 83_000))\r\n\r\n".utf8)
      ),
      (
        "a path of 9 KiB", 414, "target-too-long",
        Array("GET /\(String(repeating: "x", count: 9000)) HTTP/1.1\r\n\(host)\r\n".utf8)
      ),
      (
        "a byte above 127", 400, "malformed-request",
        Array("GET /\u{e9} HTTP/1.0\r\n\(host)\r\n".utf8)
      ),
      ("TLS", 400, "tls-on-plain-port", [0x16, 3, 1, 0, 5, 1, 0, 0, 1, 3, 13, 10, 13, 10]),
      ("another protocol", 400, "malformed-request", Array("EHLO example\r\n\r\n".utf8)),
      ("HTTP/2 by itself", 505, "http-version", Array("GET / HTTP/2.0\r\n\(host)\r\n".utf8)),
      (
        "no host", 400, "malformed-request",
        Array("GET / HTTP/1.1\r\nConnection: close\r\n\r\n".utf8)
      ),
      (
        "a chunk without a size", 400, "malformed-request",
        Array("PUT /api/settings HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\n\r\nxyz\r\n".utf8)
      ),
    ] as [(String, Int, String, [UInt8])])
  func `bytes that are not a request get a problem document, an end, and a line`(
    name: String, status: Int, slug: String, bytes: [UInt8]
  ) async throws {
    let daemon = try shared[.alpha]
    let connection = try RawConnection(to: try await daemon.http)
    connection.send(bytes)
    let text =
      slug == "target-too-long"
      ? await connection.receive(upTo: "}") : try await connection.receiveAll()
    let answer = try RawResponse(text)
    answer.check(status, slug)
    let request = answer.json["requestId"].text
    let line = try await daemon.logged("the line of \(name)") { $0.requestID == request }
    #expect(line.message.contains("\(status)"), "\(line)")
  }

  @Test func `a body without an end is refused, and read no further than to a bound`()
    async throws
  {
    let connection = try RawConnection(to: try await shared.http(.beta))
    connection.send(
      "POST /api/carts HTTP/1.1\r\n\(Self.host)Content-Type: application/json\r\n"
        + "Transfer-Encoding: chunked\r\n\r\n")
    async let received = connection.receiveAll()
    let chunk = Array("10000\r\n\(String(repeating: "x", count: 65_536))\r\n".utf8)
    var sent = 0
    while sent < 32 << 20, case let count = connection.send(chunk), count > 0 { sent += count }
    // Bytes that the client does not read wait in the buffers of the two sockets, some megabytes.
    #expect(sent < 32 << 20)
    let text = try await received
    if !text.isEmpty { try RawResponse(text).check(413, "body-too-large") }
  }

  @Test func `HEAD and OPTIONS are possible wherever GET is`() async throws {
    let alpha = try await shared.http(.alpha)
    for target in ["/", "/healthz", "/api/settings", "/api/orders?limit=1"] {
      let whole = try await alpha.get(target)
      let head = try await alpha.send("HEAD", target)
      #expect(head.status == whole.status)
      #expect(head.body.isEmpty)
      #expect(head.header("Content-Type") == whole.header("Content-Type"))
    }
    let options = try await alpha.send("OPTIONS", "/api/settings")
    #expect(options.status == 204)
    #expect(options.header("Allow") == "GET, HEAD, OPTIONS, PUT")
    let all = try await alpha.raw("OPTIONS * HTTP/1.1\r\n\(Self.host)Connection: close\r\n\r\n")
    #expect(all.status == 204)
  }

  @Test func `a whole address as the target is taken, and its host counts`() async throws {
    let alpha = try await shared.http(.alpha)
    func get(_ address: String) async throws -> RawResponse {
      try await alpha.raw("GET \(address) HTTP/1.1\r\n\(Self.host)Connection: close\r\n\r\n")
    }
    #expect(try await get("http://127.0.0.1/api/orders?limit=1").status == 200)
    try await get("http://rebound.example/api/orders").check(
      421, "misdirected-request", says: "rebound.example")
  }

  static let parameters: [(ServiceName, String, String)] = [
    (.alpha, "/api/orders?stat=captured", "state, before, limit"),
    (.alpha, "/api/orders?after=1", "state, before, limit"),
    (.overlord, "/api/events?before=1", "request, subject, type, stream, after, limit"),
    (.alpha, "/api/settings?x=1", "none"), (.alpha, "/healthz?x=", "none"),
    (.alpha, "/?stat=captured", "state"), (.overlord, "/events?liv=no", "live"),
    (.beta, "/?limit=1", "none"), (.overlord, "/schemas?x", "none"),
  ]

  @Test(arguments: parameters)
  func `a parameter that does not exist is refused, with those that do`(
    service: ServiceName, target: String, known: String
  ) async throws {
    let answer = try await shared.http(service).get(target)
    #expect(answer.status == 422)
    let name = try #require(target.split(separator: "?").last?.split(separator: "=").first)
    #expect(answer.json["detail"].text.contains("“\(name)”"), "\(answer)")
    #expect(answer.json["remedy"].text.contains(known), "\(answer)")
  }

  @Test func `a parameter without a value, and one that is there twice, are refused`()
    async throws
  {
    let alpha = try await shared.http(.alpha)
    for target in ["/api/orders?state=", "/api/orders?limit=1&limit=2"] {
      let answer = try await alpha.get(target)
      #expect(answer.status == 422, "\(target)")
      #expect(["state", "limit"].contains(answer.json["path"].text))
    }
    #expect(try await alpha.get("/?state=").status == 200, "a page's form sends empty fields")
  }

  @Test func `two ways to write a path are one scope of keys`() async throws {
    let beta = try await shared.http(.beta)
    let key = ["Idempotency-Key": "one-scope"]
    let first = try await beta.post("/api/carts", headers: key)
    let text = "POST /%61pi/%63arts HTTP/1.1\r\n\(Self.host)Connection: close\r\n"
    let second = try await beta.raw(text + "Idempotency-Key: one-scope\r\n\r\n")
    #expect(second.headers["idempotency-replayed"] == "true")
    #expect(second.json == first.json)
  }

  @Test func `input that a refusal quotes is cut`() async throws {
    let alpha = try await shared.http(.alpha)
    let long = String(repeating: "x", count: 7000)
    for target in [
      "/api/orders/\(long)", "/\(long)", "/api/orders?state=\(long)", "/api/orders?\(long)=1",
    ] {
      let answer = try await alpha.get(target)
      #expect((400..<500).contains(answer.status))
      #expect(answer.body.count < 1500, "\(answer.body.count) bytes for \(target.prefix(20))")
    }
  }
}
