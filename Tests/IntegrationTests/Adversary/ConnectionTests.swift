import Foundation
import Glibc
import Testing

/// Clients that take connections, time, the port or the disk.
extension Stories {
  @Suite(.serialized, .timeLimit(.minutes(2)))
  struct AdversaryConnections {
    enum Crowd: String, CaseIterable {
      case idle, halfAHeader, halfABody, unread

      /// - Parameter asset: the path of a file that is answered without work, and is larger, a
      ///   few times, than a connection takes without a reader.
      fileprivate func text(_ asset: String) -> String {
        let start = "Host: localhost\r\nContent-Type: application/json\r\n"
        return switch self {
        case .idle: ""
        case .halfAHeader: "GET /api/bus HTTP/1.1\r\nHost: loc"
        case .halfABody: "POST /api/orders/x/reject HTTP/1.1\r\n\(start)Content-Length: 9\r\n\r\n{"
        case .unread:
          String(repeating: "GET \(asset) HTTP/1.1\r\nHost: localhost\r\n\r\n", count: 300)
        }
      }
    }

    private func styleSheet(of http: HTTPClient) async throws -> String {
      let page = String(decoding: try await http.get("/").body, as: UTF8.self)
      return try #require(page.firstMatch(of: #/href="(/assets/[^"]*\.css)"/#).map { String($0.1) })
    }

    @Test(arguments: Crowd.allCases)
    func `256 connections that do nothing useful exclude no client`(kind: Crowd) async throws {
      try await withDeployment { deployment in
        let daemon = try await deployment.start(.alpha)
        let http = try await daemon.http
        let crowd = try (0..<256).map { _ in try RawConnection(to: http, window: 4096) }
        let text = kind.text(try await styleSheet(of: http))
        for connection in crowd { connection.send(text) }
        for _ in 0..<3 {
          let answer = try await http.raw(
            "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
          #expect(answer.status == 200, "\(answer)")
        }
        #expect(try await deployment.probe(.alpha, "/readyz").status == 200)
        #expect(try daemon.openFiles < 256 + 64, "they are bounded")
        _ = crowd.count
      }
    }

    @Test func `a header, a body, a response and a pause each have their time`() async throws {
      try await withDeployment { deployment in
        let keys = ["header", "body", "write", "idle"].flatMap { name in
          ["--alpha-http-timeouts-\(name)", "1"]
        }
        let daemon = try await deployment.start(.alpha, keys)
        let http = try await daemon.http
        let connections = try Crowd.allCases.map { kind in
          (kind, try RawConnection(to: http, window: 4096))
        }
        let asset = try await styleSheet(of: http)
        for (kind, connection) in connections { connection.send(kind.text(asset)) }
        for (kind, connection) in connections {
          switch kind {
          case .idle: #expect(try await connection.receiveAll() == "")
          case .halfAHeader, .halfABody:
            try RawResponse(try await connection.receiveAll()).check(
              408, "request-timeout", says: kind == .halfABody ? "body" : "header", "1 s")
          case .unread:
            try await daemon.logged("that it has not read") {
              $0.action == "http-connection-closed" && $0.message.contains("did not read")
            }
          }
        }
      }
    }

    @Test func `probes have a socket of their own, which serves nothing else`() async throws {
      try await withDeployment { deployment in
        try await deployment.start(.alpha)
        #expect(try await deployment.probe(.alpha, "/healthz").json["status"] == "alive")
        #expect(try await deployment.probe(.alpha, "/readyz").status == 200)
        #expect(try await deployment.probe(.alpha, "/api/settings").status == 404)
      }
    }

    @Test func `a daemon waits for a port in use, and its probes report it`() async throws {
      try await withDeployment { deployment in
        let other = try TakenPort()
        let child = try deployment.run(
          "alphad",
          [
            "--config", try deployment.write("alpha:\n", to: "alpha.yaml"), "--state",
            deployment.stateFolder(.alpha), "--run", deployment.runFolder, "--alpha-http-port",
            "\(other.port)",
          ])
        let daemon = DaemonProcess(service: .alpha, child: child)
        try await daemon.logged("its probes") { $0.action == "probing" }
        let line = try await daemon.logged("that it waits") { $0.action == "listening-waits" }
        #expect(line.level == "warning")
        #expect(line.message.contains("127.0.0.1:\(other.port) is in use"))
        #expect(line.message.contains("alpha.http.port"))
        #expect(try await deployment.probe(.alpha, "/healthz").status == 200)
        let waiting = try await deployment.probe(.alpha, "/readyz")
        #expect(waiting.status == 503)
        #expect(waiting.body.contains("127.0.0.1:\(other.port) is in use"), "\(waiting)")
        other.release()
        let http = try await daemon.http
        #expect(try await http.get("/healthz").status == 200)
        let listening = try await deployment.probe(.alpha, "/readyz")
        #expect(!listening.body.contains("in use"), "\(listening)")
        #expect(daemon.lines.count { $0.action == "listening-waits" } == 1, "it is logged once")
        #expect(try await daemon.terminate() == .exited(0))
      }
    }

    @Test(arguments: ["no-such-host.invalid", "192.0.2.1"])
    func `an address that is not there yet is waited for, and the daemon can be stopped`(
      host: String
    ) async throws {
      try await withDeployment { deployment in
        let daemon = try deployment.launch(.alpha, ["--alpha-http-host", host])
        try await daemon.logged("its probes") { $0.action == "probing" }
        let line = try await daemon.logged("that it waits") { $0.action == "listening-waits" }
        #expect(line.message.contains(host) && line.message.contains("alpha.http.host"))
        #expect(try await deployment.probe(.alpha, "/readyz").status == 503)
        try await deployment.stop(.alpha)
      }
    }

    @Test func `a client that sends commands too fast gets 429 with Retry-After`()
      async throws
    {
      try await withDeployment { deployment in
        try await deployment.start(.alpha)
        let daemon = try await deployment.start(.beta, ["--beta-http-rates-local", "1"])
        try await daemon.logged("settings.changed applied")
        let beta = try await daemon.http
        var refused: HTTPAnswer?
        for _ in 0..<10 where refused == nil {
          let answer = try await beta.post("/api/carts")
          if answer.status != 201 { refused = answer }
        }
        #expect(refused?.status == 429)
        #expect(refused?.header("Retry-After") == "1")
        #expect(refused?.json["detail"].text.contains("beta.http.rates") == true)
        #expect(try await beta.get("/readyz").status == 200, "questions are not counted")
      }
    }

    @Test func `carts without an order make room for new ones`() async throws {
      try await withDeployment { deployment in
        try await deployment.start(.alpha)
        let daemon = try await deployment.start(.beta, ["--beta-carts-age", "1"])
        try await daemon.logged("settings.changed applied")
        let ordered = try await deployment.openCart()
        _ = try await deployment.checkOut(ordered)
        let beta = try await daemon.http
        let first = try await deployment.openCart()
        var status = 200
        while status == 200 {
          _ = try await deployment.openCart()
          status = try await beta.get("/api/carts/\(first.id)").status
        }
        #expect(status == 404)
        #expect(try await beta.get("/api/carts/\(ordered.id)").status == 200)
      }
    }

    @Test(.enabled("mounting needs root, outside a strict container") { await mayMount() })
    func `a disk that is nearly full takes no new carts, and existing orders are finished`()
      async throws
    {
      try await withDeployment { deployment in
        let folder = deployment.stateFolder(.beta)
        try await withMount("-t", "tmpfs", "-o", "size=32m,mode=750", "ev", on: folder) {
          try await deployment.openShop()
          let cart = try await deployment.openCart()
          let filler = folder + "/filler"
          _ = FileManager.default.createFile(
            atPath: filler, contents: Data(repeating: 1, count: 29 << 20))
          let beta = try await deployment.http(.beta)
          // A measurement counts for a moment.
          var refused = try await beta.post("/api/carts")
          while refused.status == 201 { refused = try await beta.post("/api/carts") }
          #expect(refused.status == 503)
          #expect(refused.json["type"] == "urn:eventually:problem:disk-nearly-full")
          #expect(refused.json["remedy"].text.contains("beta.disk.reserve"))
          #expect(try await beta.get("/api/carts/\(cart.id)").status == 200)
          try await deployment[.beta].logged("the line") { $0.action == "disk-nearly-full" }
          try FileManager.default.removeItem(atPath: filler)
          var accepted = try await beta.post("/api/carts").status
          while accepted == 503 { accepted = try await beta.post("/api/carts").status }
          #expect(accepted == 201)
          try await deployment[.beta].logged("the end of it") { $0.action == "disk-has-space" }
          try await deployment.stop(.beta)
        }
      }
    }
  }
}

extension Deployment {
  /// Asks a service on its socket for probes.
  func probe(_ service: ServiceName, _ target: String) async throws -> RawResponse {
    let connection = try RawConnection(toSocket: "\(runFolder)/\(service).probes")
    connection.send("GET \(target) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    return try RawResponse(try await connection.receiveAll())
  }
}

/// A port of this machine that another program listens on.
final class TakenPort: Sendable {
  let port: UInt16
  private let file: Int32

  init() throws {
    let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    self.file = file
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(file, $0, size) | listen(file, 1) | getsockname(file, $0, &size)
      }
    }
    guard status == 0 else { throw SystemFailure("no port", errno) }
    port = UInt16(bigEndian: address.sin_port)
  }

  /// Leaves it to others.
  func release() {
    close(file)
  }
}
