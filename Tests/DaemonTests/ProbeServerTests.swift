import Foundation
import ServiceLifecycle
import Testing

@testable import Daemon

/// The socket on which probes are answered.
@Suite(.timeLimit(.minutes(1)))
struct ProbeServerTests {
  @Test func `a socket that cannot be made now is tried again, and that is logged once`()
    async throws
  {
    let desk = try Desk()
    let folder = "/tmp/probes-\(UUID().uuidString.prefix(8))"
    let files = FileManager.default
    defer { try? files.removeItem(atPath: folder) }
    // A link to itself, until it is a folder.
    try files.createSymbolicLink(atPath: folder, withDestinationPath: folder)
    let server = ProbeServer(
      path: "\(folder)/delta.probes",
      responder: Responder(
        routes: [],
        runtime: desk.shell.runtime, logger: desk.shell.logger),
      service: "delta", logger: desk.shell.logger)
    let group = ServiceGroup(services: [server], logger: desk.shell.logger)
    let run = Task { try await group.run() }
    func logged(_ action: String) -> Int { desk.lines.all.count { $0.contains(action) } }
    while logged("probing-waits") == 0, !Task.isCancelled { await Task.yield() }
    try files.removeItem(atPath: folder)
    try files.createDirectory(atPath: folder, withIntermediateDirectories: false)
    while logged("\"probing\"") == 0, !Task.isCancelled { await Task.yield() }
    #expect(logged("probing-waits") == 1)
    await group.triggerGracefulShutdown()
    try await run.value
  }

  @Test(arguments: [false, true])
  func `a socket whose file was removed is made again, also after its folder`(isFolder: Bool)
    async throws
  {
    let desk = try Desk()
    let folder = "/tmp/probes-\(UUID().uuidString.prefix(8))"
    let path = "\(folder)/delta.probes"
    let files = FileManager.default
    defer { try? files.removeItem(atPath: folder) }
    try files.createDirectory(atPath: folder, withIntermediateDirectories: false)
    let server = ProbeServer(
      path: path,
      responder: Responder(
        routes: [], runtime: desk.shell.runtime, logger: desk.shell.logger),
      service: "delta", logger: desk.shell.logger)
    let group = ServiceGroup(services: [server], logger: desk.shell.logger)
    let run = Task { try await group.run() }
    func logged(_ action: String) -> Int { desk.lines.all.count { $0.contains(action) } }
    while logged("\"probing\"") == 0, !Task.isCancelled { await Task.yield() }
    try files.removeItem(atPath: isFolder ? folder : path)
    while logged("probing-waits") == 0, !Task.isCancelled { await Task.yield() }
    if isFolder { try files.createDirectory(atPath: folder, withIntermediateDirectories: false) }
    while logged("\"probing\"") == 1, !Task.isCancelled { await Task.yield() }
    #expect(FileStatus(at: path)?.kind == .socket)
    await group.triggerGracefulShutdown()
    try await run.value
    #expect(FileStatus(at: path) == nil, "the end removes it")
  }
}
