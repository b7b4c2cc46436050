import Foundation
import Testing

/// Web pages in an operator's browser, on sites of their own.
@Suite(.timeLimit(.minutes(1)))
struct AdversaryOrigins {
  private static let form = "application/x-www-form-urlencoded"

  private func ask(
    _ http: HTTPClient, _ line: String, _ fields: [String], body: String = ""
  ) async throws -> RawResponse {
    let head = ["\(line) HTTP/1.1", "Connection: close"] + fields
    return try await http.raw(
      (head + ["Content-Length: \(body.utf8.count)", "", body]).joined(separator: "\r\n"))
  }

  @Test func `a page that has given its own name this machine's address is served nothing`()
    async throws
  {
    try await withDeployment { deployment in
      let alpha = try await deployment.start(.alpha).http
      let port = try #require(alpha.base.split(separator: ":").last)
      let names = ["Host: rebound.example:\(port)", "Origin: http://rebound.example:\(port)"]
      let json = ["Content-Type: application/json", "If-Match: *"]
      let order = "/orders/01890000-0000-7000-8000-000000000000/approve"
      for (line, fields) in [
        ("GET /", []), ("GET /api/settings", []), ("GET /healthz", []), ("GET /nowhere", []),
        ("OPTIONS /api/settings", []), ("PUT /api/settings", json), ("POST /api\(order)", []),
        ("POST /settings", ["Content-Type: \(Self.form)"]), ("POST \(order)", []),
      ] {
        try await ask(alpha, line, names + fields).check(
          421, "misdirected-request", says: "rebound.example", "alpha.http.names")
      }
      for host in ["localhost:\(port)", "127.0.0.1", "[::1]:1", "127.1.2.3:80", "LocalHost."] {
        #expect(try await ask(alpha, "GET /healthz", ["Host: \(host)"]).status == 200, "\(host)")
      }
    }
  }

  static let foreign = [
    "Origin: x://127.0.0.1:PORT", "Origin: null", "Origin: http://127.0.0.1:1",
    "Origin: http://evil.example", "Origin: http://127.0.0.1.evil.example:PORT",
    "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site", "Sec-Fetch-Site: Cross-Site",
  ]

  @Test func `a command that another page sends is refused, by form and by script`() async throws {
    try await withDeployment { deployment in
      try await deployment.openShop()
      let beta = try await deployment.http(.beta)
      let port = String(try #require(beta.base.split(separator: ":").last))
      for field in Self.foreign.map({ $0.replacing("PORT", with: port) }) {
        for line in ["POST /carts", "POST /api/carts"] {
          try await ask(beta, line, ["Host: 127.0.0.1:\(port)", field]).check(
            403, "foreign-origin", says: "beta.http.names")
        }
      }
      let own = [
        ["Origin: http://127.0.0.1:\(port)"], ["Origin: http://localhost:\(port)"],
        ["Sec-Fetch-Site: same-origin"], ["Sec-Fetch-Site: none"], [],
      ]
      for fields in own {
        let answer = try await ask(beta, "POST /carts", ["Host: localhost:\(port)"] + fields)
        #expect(answer.status == 303, "\(fields) \(answer)")
      }
    }
  }

  @Test func `behind a proxy the name that is configured is the service's own`() async throws {
    try await withDeployment { deployment in
      try await deployment.start(.alpha)
      let daemon = try await deployment.start(
        .beta, ["--beta-http-names", "orders.example, shop.example:8443"])
      try await daemon.logged("settings.changed applied")
      let beta = try await daemon.http
      let proxied = ["Host: 127.0.0.1", "X-Forwarded-Host: orders.example"]
      for (origin, status) in [
        ("https://orders.example", 303), ("https://shop.example:8443", 303),
        ("https://shop.example", 403), ("https://orders.example:8443", 403),
      ] {
        let answer = try await ask(beta, "POST /carts", proxied + ["Origin: \(origin)"])
        #expect(answer.status == status, "\(origin) \(answer)")
      }
      #expect(try await ask(beta, "GET /", ["Host: orders.example"]).status == 200)
      #expect(try await ask(beta, "GET /", ["Host: alpha.example"]).status == 421)
    }
  }

  @Test func `pages carry security headers, and Overlord's may frame the others`()
    async throws
  {
    try await withDeployment { deployment in
      try await deployment.start(all: [.alpha, .overlord])
      let page = try await deployment.http(.alpha).get("/")
      let policy = try #require(page.header("Content-Security-Policy"))
      #expect(policy.contains("default-src 'none'") && !policy.contains("unsafe"))
      #expect(policy.contains("script-src 'self'") && policy.contains("style-src 'self'"))
      #expect(policy.contains("form-action 'self'"))
      #expect(policy.contains("frame-ancestors 'self' http://127.0.0.1:* http://localhost:*"))
      #expect(page.header("Referrer-Policy") == "same-origin")
      #expect(page.header("Cross-Origin-Opener-Policy") == "same-origin")
      #expect(page.header("Cache-Control") == "no-store")
      let html = String(decoding: page.body, as: UTF8.self)
      let scripts = html.components(separatedBy: "<script ").dropFirst()
      #expect(scripts.allSatisfy { $0.hasPrefix("src=\"/assets/") } && !html.contains("<script>"))
      #expect(!html.contains("<style") && !html.contains(" style=") && !html.contains(" onclick"))

      let overlord = try await deployment.http(.overlord).get("/")
      let frames = try #require(overlord.header("Content-Security-Policy"))
      let sources = try #require(frames.split(separator: "; ").first { $0.hasPrefix("frame-src ") })
      let framed = (3991...3993).flatMap { ["http://127.0.0.1:\($0)", "http://localhost:\($0)"] }
      #expect(
        Set(sources.split(separator: " ").map(String.init))
          == Set(["frame-src", "'self'"] + framed))
      for target in ["/", "/nowhere", "/api/settings", "/healthz"] {
        let answer = try await deployment.http(.alpha).get(target)
        #expect(answer.header("X-Content-Type-Options") == "nosniff", "\(target)")
        #expect(answer.header("X-Request-ID")?.isEmpty == false)
        #expect(answer.header("Date")?.hasSuffix(" GMT") == true)
      }
    }
  }
}
