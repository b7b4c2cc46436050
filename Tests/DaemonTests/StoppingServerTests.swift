import Dispatch
import Foundation
import HTTPTypes
import Journal
import ServiceLifecycle
import Synchronization
import Testing

@testable import Daemon

/// A server that is shut down while its clients have connections in every state, over real sockets.
@Suite(.timeLimit(.minutes(1))) struct StoppingServerTests {
  /// The time of a shutdown that no client may reach: less than that of the daemon, which is eight
  /// seconds.
  private static let limit = Duration.seconds(5)

  /// Shuts a server down, and expects that it ends in time.
  ///
  /// - Parameters:
  ///   - desk: the service.
  ///   - routes: more of its routes.
  ///   - open: opens connections, and brings each into its state.
  ///   - stopped: the rest of the test, once the shutdown has begun.
  private func stop<State: Sendable>(
    _ desk: Desk, _ routes: [Route] = [],
    open: @escaping @Sendable (_ port: Int) async throws -> State,
    stopped: @escaping @Sendable (State) async throws -> Void
  ) async throws {
    let began = Mutex<ContinuousClock.Instant?>(nil)
    try await withServer(desk, extra: routes) { port, group in
      let state = try await open(port)
      began.withLock { $0 = ContinuousClock.now }
      await group.triggerGracefulShutdown()
      try await stopped(state)
    }
    let instant = began.withLock { $0 }
    #expect(ContinuousClock.now - (try #require(instant)) < Self.limit)
  }

  /// A connection that was answered once.
  private static func used(_ port: Int) async throws -> OpenConnection {
    let connection = try OpenConnection(to: port)
    connection.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    _ = try await connection.receive(upTo: "}")
    return connection
  }

  @Test(
    arguments: [
      "GET /healthz HTT", "GET /healthz HTTP/1.1\r\nHost: local",
      "POST /api/things HTTP/1.1\r\nHost: localhost\r\nContent-Length: 90\r\n\r\n{\"name\":",
    ])
  func `half a request is refused after a second`(half: String) async throws {
    try await stop(try Desk()) { port in
      let connection = try await Self.used(port)
      connection.send(half)
      return connection
    } stopped: { connection in
      let answer = try await connection.receive()
      #expect(answer.hasPrefix("HTTP/1.1 503 "), "\(answer)")
      #expect(answer.contains("\r\nRetry-After: 1\r\n"))
      #expect(answer.contains("\r\nConnection: close\r\n"))
      #expect(answer.contains("urn:eventually:problem:stopping"))
    }
  }

  @Test func `the other half that comes in time is answered`() async throws {
    let desk = try Desk()
    let body = #"{"name":"a","price":1}"#
    try await stop(desk) { port in
      let connection = try await Self.used(port)
      connection.send(
        """
        POST /api/things HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r
        Content-Length: \(body.utf8.count)\r\n\r\n\(body.prefix(9))
        """)
      return connection
    } stopped: { connection in
      connection.send(String(body.dropFirst(9)))
      // It ends with the connection, whether that had learnt of the shutdown before the rest came or not.
      let answer = try await connection.receive()
      #expect(answer.hasPrefix("HTTP/1.1 201 "), "\(answer)")
    }
    #expect(try desk.thingCount == 1)
  }

  @Test func `connections without a request are closed`() async throws {
    try await stop(try Desk()) { port in
      (try await Self.used(port), try OpenConnection(to: port))
    } stopped: { idle, silent in
      let ends = [try await idle.receive(), try await silent.receive()]
      #expect(ends == ["", ""])
    }
  }

  @Test func `a client that reads slowly gets the whole response, and one that does not is cut`()
    async throws
  {
    let desk = try Desk()
    let size = 4 << 20
    let large = Route.plain("/large") { _ in
      Response(status: .ok, body: Data(repeating: 0x61, count: size))
    }
    try await stop(desk, [large]) { port in
      let reading = try OpenConnection(to: port, window: 4096)
      let silent = try OpenConnection(to: port, window: 4096)
      for connection in [reading, silent] {
        connection.send("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
        _ = try await connection.receive(upTo: "\r\n\r\n")
      }
      return (reading, silent)
    } stopped: { reading, silent in
      let whole = try await reading.receive(count: size)
      #expect(whole == size)
      let line = "the client did not read its response"
      while !desk.lines.all.contains(where: { $0.contains(line) }), !Task.isCancelled {
        await Task.yield()
      }
      let part = try await silent.receive(count: size)
      #expect(part < size)
    }
  }

  @Test func `a request that waits for the journal is answered, and its effect is there`()
    async throws
  {
    let desk = try Desk()
    let holds = Latch()
    let holder = Thread { [journal = desk.assembly.journal] in
      try? journal.write { _ in holds.hold() }
    }
    holder.start()
    await holds.isHeld()
    try await stop(desk) { port in
      let connection = try await Self.used(port)
      connection.send(
        request(
          "POST", "/api/things", ["Content-Type: application/json"],
          body: #"{"name":"a","price":1}"#))
      return connection
    } stopped: { connection in
      holds.release()
      let answer = try await connection.receive()
      #expect(answer.hasPrefix("HTTP/1.1 201 "), "\(answer)")
    }
    #expect(try desk.thingCount == 1)
  }

  @Test func `an open stream ends at once, with its last chunk`() async throws {
    let stream = Route.stream("/api/stream") { _, _ in
      EventFeed(after: 0) { position, _ in EventFeed.Part([], through: position, continues: false) }
    }
    try await stop(try Desk(), [stream]) { port in
      let connection = try OpenConnection(to: port)
      connection.send("GET /api/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
      _ = try await connection.receive(upTo: "id: 0\n\n")
      return connection
    } stopped: { connection in
      let end = try await connection.receive()
      #expect(end == "\r\n0\r\n\r\n")
    }
  }
}

/// Holds a thread until a test lets it go on.
private final class Latch: Sendable {
  private let held = AsyncStream<Void>.makeStream()
  private let released = DispatchSemaphore(value: 0)

  /// Blocks this thread.
  func hold() {
    held.continuation.yield()
    released.wait()
  }

  /// Waits until the thread is held.
  func isHeld() async {
    for await _ in held.stream { break }
  }

  func release() {
    released.signal()
  }
}
