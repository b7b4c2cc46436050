import Events
import Foundation
import HTTPTypes
import Journal
import Synchronization
import Testing

@testable import Daemon

@Suite(.timeLimit(.minutes(1))) struct EventStreamTests {
  /// The names of things as they are made, at most three at once.
  ///
  /// - Parameter parts: counts the reads.
  private static func names(counting parts: Counter = Counter()) -> Route {
    .stream("/api/things/stream", takes: ["after"]) { request, snapshot in
      let last: Int64 = try snapshot.value("SELECT max(position) AS value FROM things") ?? 0
      let beginning = try EventFeed.beginning(
        after: try request.resumePosition(), first: 1, last: last)
      return EventFeed(after: beginning) { position, snapshot in
        parts.increment()
        let page = PageRequest<Int64>(limit: 3, after: position)
        let rows = try snapshot.rows("SELECT * FROM things" + page.oldestFirst(by: "position"))
        let things = page.cut(try rows.map(Thing.init), by: \.position)
        return EventFeed.Part(
          things.items.map { ServerSentEvent(position: $0.position, name: "thing", data: $0.name) },
          through: things.items.last?.position ?? position, continues: things.next != nil)
      }
    }
  }

  final class Counter: Sendable {
    private let value = Mutex(0)
    var count: Int { value.withLock(\.self) }
    func increment() { value.withLock { $0 += 1 } }
  }

  private func make(_ names: String..., at desk: Desk) throws {
    try desk.assembly.journal.write { transaction in
      for name in names {
        try transaction.run(
          """
          INSERT INTO things (id, name, price) VALUES (\(transaction.identifier()), \(name), 1)
          """)
      }
    }
  }

  private func streamRequest(_ query: String = "", version: String = "1.1") -> String {
    "GET /api/things/stream\(query) HTTP/\(version)\r\nHost: localhost\r\n\r\n"
  }

  @Test func `what is committed comes at once, after what was there, until the service stops`()
    async throws
  {
    let desk = try Desk()
    try make("a", "b", "c", "d", "e", at: desk)
    try await withServer(desk, extra: [Self.names()]) { port, group in
      let connection = try OpenConnection(to: port)
      connection.send(streamRequest("?after=1"))
      let head = try await connection.receive(upTo: "\r\n\r\n")
      #expect(head.hasPrefix("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"))
      #expect(head.contains("\r\nConnection: close\r\n"))
      #expect(head.contains("\r\ntransfer-encoding: chunked\r\n"))
      #expect(head.contains("\r\nX-Request-ID: "))
      #expect(try await connection.receive(upTo: "\n\n").hasSuffix("retry: 2000\nid: 1\n\n"))
      _ = try await connection.receive(upTo: "id: 5\nevent: thing\ndata: e\n\n")
      try make("f", at: desk)
      _ = try await connection.receive(upTo: "id: 6\nevent: thing\ndata: f\n\n")
      await group.triggerGracefulShutdown()
      #expect(try await connection.receive() == "\r\n0\r\n\r\n", "the last chunk")
    }
    let end = try #require(
      try desk.lines.object(
        "the stream /api/things/stream has ended after 5 events, at position 6: the service stops"))
    #expect(end["event.action"]?.string == "http-stream-ended")
    #expect(end["http.request.id"] != nil)
  }

  @Test func `a stream without a position begins at the end, and a wrong one is refused`()
    async throws
  {
    let desk = try Desk()
    try make("a", "b", at: desk)
    try await withServer(desk, extra: [Self.names()]) { port, _ in
      let connection = try OpenConnection(to: port)
      connection.send(streamRequest())
      _ = try await connection.receive(upTo: "retry: 2000\nid: 2\n\n")
      try make("c", at: desk)
      let first = try await connection.receive(upTo: "\n\n")
      #expect(first.hasSuffix("\r\nid: 3\nevent: thing\ndata: c\n\n"))
      let ahead = try await exchange(port, request("GET", "/api/things/stream?after=9"))
      #expect(ahead.status == 409)
      let wrong = try await exchange(
        port, request("GET", "/api/things/stream", ["Last-Event-ID: x"]))
      #expect(wrong.status == 422)
      #expect(try wrong.document["path"]?.string == "Last-Event-ID")
    }
  }

  @Test func `HEAD has the head alone, and the connection goes on`() async throws {
    let desk = try Desk()
    try await withServer(desk, extra: [Self.names()]) { port, _ in
      let connection = try OpenConnection(to: port)
      connection.send("HEAD /api/things/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
      let head = try await connection.receive(upTo: "\r\n\r\n")
      #expect(head.contains("Content-Type: text/event-stream"))
      #expect(!head.contains("Connection: close"))
      connection.send(request("GET", "/healthz"))
      #expect(try await connection.receive().hasPrefix("HTTP/1.1 200 OK"))
      let old = try OpenConnection(to: port)
      old.send("HEAD /api/things/stream HTTP/1.0\r\n\r\n")
      #expect(try await old.receive().hasSuffix("\r\n\r\n"))
    }
  }

  @Test func `a client of HTTP 1.0 gets the events without chunks`() async throws {
    let desk = try Desk()
    try make("a", at: desk)
    try await withServer(desk, extra: [Self.names()]) { port, group in
      let connection = try OpenConnection(to: port)
      connection.send(streamRequest("?after=0", version: "1.0"))
      let answer = try await connection.receive(upTo: "data: a\n\n")
      #expect(answer.hasPrefix("HTTP/1.0 200 OK\r\n"))
      #expect(
        answer.hasSuffix("\r\n\r\nretry: 2000\nid: 0\n\nid: 1\nevent: thing\ndata: a\n\n"))
      await group.triggerGracefulShutdown()
      #expect(try await connection.receive() == "")
    }
  }

  @Test func `a request behind that for a stream is not served`() async throws {
    let desk = try Desk()
    try await withServer(desk, extra: [Self.names()]) { port, group in
      let connection = try OpenConnection(to: port)
      connection.send(streamRequest() + request("GET", "/healthz"))
      _ = try await connection.receive(upTo: "id: 0\n\n")
      connection.send(request("GET", "/healthz"))
      try make("a", at: desk)
      _ = try await connection.receive(upTo: "data: a\n\n")
      await group.triggerGracefulShutdown()
      #expect(try await connection.receive() == "\r\n0\r\n\r\n")
    }
  }

  @Test func `streams take no connection from requests, and a client that leaves frees its place`()
    async throws
  {
    let desk = try Desk(["http.streams": "2", "http.connections": "1"])
    try await withServer(desk, extra: [Self.names()]) { port, _ in
      func open() async throws -> (connection: OpenConnection, status: String) {
        let connection = try OpenConnection(to: port)
        connection.send(streamRequest())
        return (connection, String(try await connection.receive(upTo: "\r\n\r\n").prefix(12)))
      }
      do {
        let first = try await open()
        #expect(first.status == "HTTP/1.1 200")
        for _ in 1...3 {
          #expect(try await exchange(port, request("GET", "/healthz")).status == 200)
        }
        let refused = try await exchange(port, request("GET", "/api/things/stream"))
        #expect(refused.status == 503)
        #expect(refused.headers["retry-after"] == "5")
        #expect(
          try refused.document["type"]?.string == "urn:eventually:problem:too-many-streams")
        let metrics = try await exchange(port, request("GET", "/metrics"))
        #expect(metrics.body.contains("\neventually_open_streams 1\n"))
        withExtendedLifetime(first.connection) {}
      }
      // The place is free as soon as the service sees that the client has left.
      while try await open().status != "HTTP/1.1 200" { await Task.yield() }
    }
  }

  @Test func `a client that does not read is cut, makes nothing grow, and holds up no writer`()
    async throws
  {
    let desk = try Desk(["http.timeouts.write": "1"])
    let parts = Counter()
    let name = String(repeating: "x", count: 60_000)
    for _ in 1...100 { try make(name, name, name, at: desk) }
    try await withServer(desk, extra: [Self.names(counting: parts)]) { port, _ in
      let connection = try OpenConnection(to: port, window: 4096)
      connection.send(streamRequest("?after=0"))
      _ = try await connection.receive(upTo: "id: 0\n\n")
      // 100 parts of 180 kB: the rest is not read before the client takes what was read.
      while try !desk.lines.objects().contains(where: {
        $0["event.action"]?.string == "http-stream-ended"
      }) {
        try make("small", at: desk)
        #expect(try await exchange(port, request("GET", "/healthz")).status == 200)
      }
      #expect((1...10).contains(parts.count), "\(parts.count) parts were read")
      withExtendedLifetime(connection) {}
    }
    let cut = try desk.lines.object("a connection is closed: the client did not read its response")
    #expect(cut != nil)
  }

  @Test func `a client that does not read holds up no shutdown`() async throws {
    let desk = try Desk()
    let parts = Counter()
    let name = String(repeating: "x", count: 60_000)
    for _ in 1...20 { try make(name, name, name, at: desk) }
    let clock = ContinuousClock()
    let began = Mutex(clock.now)
    try await withServer(desk, extra: [Self.names(counting: parts)]) { port, group in
      let connection = try OpenConnection(to: port, window: 4096)
      connection.send(streamRequest("?after=0"))
      _ = try await connection.receive(upTo: "id: 1\n")
      began.withLock { $0 = clock.now }
      await group.triggerGracefulShutdown()
      // It stays open, and unread, until the service has gone.
      while try !desk.lines.objects().contains(where: {
        $0["event.action"]?.string == "http-stream-ended"
      }) {
        await Task.yield()
      }
      withExtendedLifetime(connection) {}
    }
    #expect(clock.now - began.withLock(\.self) < .seconds(8))
  }

  @Test func `a stream that cannot be read ends, and the log has the reason`() async throws {
    let desk = try Desk()
    let broken = Route.stream("/api/things/stream") { _, _ in
      EventFeed(after: 0) { _, _ in throw Surprise() }
    }
    try await withServer(desk, extra: [broken]) { port, _ in
      let answer = try await exchange(port, request("GET", "/api/things/stream"))
      #expect(answer.status == 200)
      #expect(answer.body.hasSuffix("retry: 2000\nid: 0\n\n\r\n0\r\n\r\n"))
    }
    #expect(desk.lines.all.contains { $0.contains("the journal cannot be read: \(Surprise())") })
  }

  @Test func `OpenAPI describes a stream`() throws {
    let document = OpenAPIDocument(routes: [Self.names()]).json(title: "things")
    let operation = document["paths"]?["/api/things/stream"]?["get"]
    #expect(operation?["responses"]?["2XX"]?["content"]?["text/event-stream"] != nil)
    guard case .array(let parameters)? = operation?["parameters"] else {
      Issue.record("no parameters")
      return
    }
    #expect(
      parameters.compactMap { $0["name"]?.string }.sorted() == [
        "Last-Event-ID", "X-Request-ID", "after",
      ])
  }

  @Test func `without HTTP, the response is the beginning of the stream`() throws {
    let desk = try Desk()
    try make("a", "b", "c", "d", at: desk)
    let response = [Self.names()].response(
      to: desk.request(.get, "/api/things/stream?after=1"), from: desk.assembly.journal)
    #expect(response.headers[.contentType] == "text/event-stream")
    #expect(
      String(decoding: response.body, as: UTF8.self).hasSuffix("id: 4\nevent: thing\ndata: d\n\n"))
  }
}
