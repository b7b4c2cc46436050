import Foundation
import Glibc
import Journal
import NIOCore
import ServiceLifecycle
import Testing

@testable import Daemon

/// The socket on which a service takes the commands of operators.
@Suite(.timeLimit(.minutes(1))) struct OperatorServerTests {
  /// Serves the commands while the closure runs.
  private func withOperatorServer(
    _ desk: Desk, _ body: @escaping @Sendable (_ path: String) async throws -> Void
  ) async throws {
    try await withTemporaryFolder { folder in
      let configuration = try ServiceConfiguration(of: DeltaRoom.self, run: folder)
      let responder = Responder(
        routes: [], journal: desk.assembly.journal, runtime: desk.shell.runtime,
        logger: desk.shell.logger)
      let server = OperatorServer(desk.assembly, configuration: configuration, beside: responder)
      let group = ServiceGroup(services: [server], logger: desk.shell.logger)
      let run = Task { try await group.run() }
      let path = configuration.operatorSocket
      while !desk.lines.all.contains(where: { $0.contains("\"operating\"") }), !Task.isCancelled {
        await Task.yield()
      }
      do {
        try await body(path)
      } catch {
        await group.triggerGracefulShutdown()
        throw error
      }
      await group.triggerGracefulShutdown()
      try await run.value
      #expect(access(path, F_OK) != 0, "its file is removed")
    }
  }

  @Test func `a command is a line of the log, with the request and the user`() async throws {
    let desk = try Desk()
    try await withOperatorServer(desk) { path in
      let removal = request("DELETE", "/api/consumers/overlord", ["X-Request-ID: r-1"])
      let answer = try await exchange(socket: path, removal)
      #expect(answer.status == 200)
      #expect(answer.headers["x-request-id"] == "r-1")
    }
    let line = try desk.lines.objects().first {
      $0["message"]?.string?.hasPrefix("consumer overlord is removed at 0") == true
    }
    #expect(line?["log.level"]?.string == "notice")
    #expect(line?["http.request.id"]?.string == "r-1")
    #expect(line?["event.action"]?.string == "decided")
    #expect(line?["client.user.id"]?.string == "\(geteuid())")
    #expect(line?["message"]?.string?.hasSuffix(", by \(userName(geteuid()))") == true)
  }

  @Test func `its file is the group's of its folder, and it describes itself`() async throws {
    let desk = try Desk()
    try await withOperatorServer(desk) { path in
      var file = stat()
      var folder = stat()
      #expect(stat(path, &file) == 0)
      #expect(stat((path as NSString).deletingLastPathComponent, &folder) == 0)
      #expect(file.st_mode & 0o777 == 0o660)
      #expect(file.st_gid == folder.st_gid)
      let bus = try await exchange(socket: path, request("GET", "/api/bus"))
      #expect(try bus.document["stream"]?["name"]?.string == "delta")
      #expect(try bus.document["operatorSocket"]?.string == path)
      let paths = try await exchange(socket: path, request("GET", "/openapi.json")).document[
        "paths"]
      #expect(paths?["/api/subscriptions/{stream}/reset"]?["post"] != nil)
      let other = try await exchange(socket: path, request("GET", "/api/dead-letters"))
      #expect(other.status == 404)
    }
  }

  @Test func `a path that no socket can have leaves the service without the commands`()
    async throws
  {
    let desk = try Desk()
    let long = "/" + String(repeating: "r", count: 107)
    let configuration = try ServiceConfiguration(
      of: DeltaRoom.self,
      values: [
        "bus.events": "ipc:///e", "bus.log": "ipc:///l",
        "http.probes": "/p", "follow.alpha.events": "ipc:///a", "follow.alpha.log": "ipc:///b",
      ],
      run: long)
    let responder = Responder(routes: [], runtime: desk.shell.runtime, logger: desk.shell.logger)
    let group = ServiceGroup(
      services: [OperatorServer(desk.assembly, configuration: configuration, beside: responder)],
      logger: desk.shell.logger)
    let run = Task { try await group.run() }
    while !desk.lines.all.contains(where: { $0.contains("operating-waits") }), !Task.isCancelled {
      await Task.yield()
    }
    await group.triggerGracefulShutdown()
    try await run.value
    let line = try desk.lines.objects().last { $0["event.action"]?.string == "operating-waits" }
    #expect(line?["message"]?.string?.contains("at most 107") == true)
  }

  @Test(arguments: [("POST", "/api/subscriptions/alpha/reset"), ("DELETE", "/api/consumers/x")])
  func `over TCP the commands are refused, with the command that helps`(
    method: String, path: String
  ) async throws {
    let desk = try Desk()
    let socket = "/run/eventually/delta.operator"
    try await withServer(desk, operatorSocket: socket) { port, _ in
      let answer = try await exchange(port, request(method, path))
      #expect(answer.status == 403)
      let document = try answer.document
      #expect(document["type"]?.string == "urn:eventually:problem:operators-only")
      #expect(document["detail"]?.string?.contains(socket) == true)
      #expect(document["remedy"]?.string?.contains("eventually follow reset") == true)
      let paths = try await exchange(port, request("GET", "/openapi.json")).document["paths"]
      #expect(paths?["/api/bus"] != nil)
      #expect(paths?["/api/subscriptions/{stream}/reset"] == nil)
      #expect(paths?["/api/consumers/{name}"] == nil)
      let letters = try await exchange(port, request("GET", "/api/dead-letters"))
      #expect(letters.status == 200)
    }
  }
}
