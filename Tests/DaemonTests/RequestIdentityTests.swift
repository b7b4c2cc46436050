import Events
import Foundation
import HTTPTypes
import RoomTesting
import Runtime
import Testing

@testable import Daemon

@Suite("Request identity", .timeLimit(.minutes(1)))
struct RequestIdentityTests {
  @Test(
    "a Request ID of 1 to 128 visible ASCII characters is kept",
    arguments: ["a", "~!\"{}", "0190a5f0-7000", String(repeating: "x", count: 128)])
  func kept(id: String) {
    let correlation = Correlation([.requestID: id], in: TestClock().runtime)
    #expect(correlation.requestID == id)
    #expect(correlation.id == id)
  }

  @Test(
    "any other is replaced by a UUIDv7",
    arguments: ["", "a b", "é", String(repeating: "x", count: 129)])
  func replaced(id: String) throws {
    let correlation = Correlation([.requestID: id], in: TestClock().runtime)
    let made = try #require(correlation.requestID)
    #expect(made != id)
    #expect(Identifier(made) != nil)
    #expect(correlation.id == made)
  }

  @Test("a valid traceparent is continued in a span of its own, an invalid one begins a trace")
  func trace() {
    let runtime = TestClock().runtime
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    let continued = Correlation([.traceParent: parent], in: runtime).trace
    #expect(continued.traceID == "0af7651916cd43dd8448eb211c80319c")
    #expect(continued.spanID != "b7ad6b7169203331")
    let begun = Correlation([.traceParent: "00-zero"], in: runtime).trace
    #expect(begun.traceID != continued.traceID)
  }

  @Test(
    "the id comes back on every answer", .timeLimit(.minutes(1)),
    arguments: [
      ("GET", "/healthz"), ("GET", "/api/things"), ("GET", "/nowhere"), ("DELETE", "/api/things"),
      ("POST", "/api/things"), ("GET", "/api/surprise"), ("HEAD", "/api/things"),
    ])
  func returned(method: String, target: String) async throws {
    let desk = try Desk()
    try await withServer(desk) { port, _ in
      let answer = try await exchange(port, request(method, target, ["X-Request-ID: mine"]))
      #expect(answer.headers["x-request-id"] == "mine")
      let other = try await exchange(port, request(method, target, ["X-Request-ID: not mine"]))
      #expect(Identifier(other.headers["x-request-id"] ?? "") != nil)
    }
  }

  @Test(
    "an answer has its place in the trace, and an id that is not taken is in the request's line")
  func traced() async throws {
    let desk = try Desk()
    let given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    try await withServer(desk) { port, _ in
      let headers = ["traceparent: \(given)", "X-Request-ID: not mine"]
      let answer = try await exchange(port, request("GET", "/api/things", headers))
      let trace = try #require(TraceParent(answer.headers["traceparent"] ?? ""))
      #expect(trace.traceID == "0af7651916cd43dd8448eb211c80319c")
      #expect(trace.spanID != "b7ad6b7169203331")
    }
    let line = try #require(try desk.lines.object("GET /api/things 200"))
    #expect(line["labels.replaced_request_id"]?.string == "not mine")
  }

  @Test("each request is one line with its method, path, status, duration and ids")
  func requestLine() async throws {
    let desk = try Desk(["log.level": "debug"])
    let path = "/api/things/0190a5f0-0000-7000-8000-000000000001/finish"
    try await withServer(desk) { port, _ in
      _ = try await exchange(port, request("POST", path, ["X-Request-ID: r-3"]))
      _ = try await exchange(port, request("POST", path + "?secret=1"))
    }
    let line = try #require(try desk.lines.object("POST \(path) 200"))
    #expect(line["log.level"]?.string == "debug")
    #expect(line["event.outcome"]?.string == "success")
    #expect(line["http.request.method"]?.string == "POST")
    #expect(line["url.path"]?.string == path)
    #expect(line["http.response.status_code"] == .integer(200))
    #expect(line["event.duration"] == .integer(0), "the clock of the test stands still")
    #expect(line["http.request.id"]?.string == "r-3")
    #expect(line["labels.correlation_id"]?.string == "the work that began it")
    #expect(line["trace.id"]?.string?.count == 32)
    #expect(line["span.id"]?.string?.count == 16)
    #expect(!desk.lines.all.contains { $0.contains("secret") }, "queries are not logged")
  }

  @Test("at info a request has a line where a command is refused, or a failure is answered")
  func quietRequests() async throws {
    let desk = try Desk()
    try await withServer(desk) { port, _ in
      for path in ["/healthz", "/readyz", "/api/things", "/api/nowhere", "/api/surprise"] {
        _ = try await exchange(port, request("GET", path))
      }
      _ = try await exchange(port, request("POST", "/api/nowhere"))
    }
    let lines = try desk.lines.objects().filter { $0["event.action"]?.string == "http-request" }
    #expect(
      lines.map { $0["message"]?.string } == ["GET /api/surprise 500", "POST /api/nowhere 404"])
    #expect(lines.allSatisfy { $0["event.outcome"]?.string == "failure" })
  }
}
