import NIOCore
import NIOPosix
import ServiceLifecycle

/// Accepts HTTP connections on one socket and serves each, until the service is shut down: then the
/// socket is closed, and each connection ends as ``HTTPConnection`` decides.
struct HTTPListener {
  /// The socket.
  enum Place: Sendable {
    case address(host: String, port: Int)
    /// A Unix socket, made here; one that is there is replaced.
    case path(String)
    /// A socket that listens already.
    case passed(PassedSocket)
  }

  let place: Place
  let channel: HTTPChannel

  /// - Parameter onListening: called once connections are accepted.
  /// - Throws: the error of the binding.
  func run(onListening: @escaping @Sendable (any Channel) -> Void) async throws {
    let accepted = AcceptedConnections()
    let server = try await listen(accepted)
    server.closeFuture.whenComplete { _ in accepted.stop() }
    onListening(server)
    await withDiscardingTaskGroup { group in
      func serveAccepted() {
        for connection in accepted.takeAll() {
          group.addTask { await channel.handle(connection) }
        }
      }
      await withGracefulShutdownHandler {
        for await _ in accepted.arrivals { serveAccepted() }
      } onGracefulShutdown: {
        accepted.stop()
      }
      await stopAccepting(on: server)
      serveAccepted()
    }
  }

  /// Closes the socket behind the connections that it has accepted: NIO closes those that are still on
  /// the way to their own event loop without an answer.
  private func stopAccepting(on server: any Channel) async {
    try? await server.setOption(.autoRead, value: false).get()
    for loop in Self.group.makeIterator() { try? await loop.submit {}.get() }
    try? await server.eventLoop.submit {}.get()
    try? await server.close()
  }

  private static var group: MultiThreadedEventLoopGroup { .singleton }

  private func listen(_ accepted: AcceptedConnections) async throws -> any Channel {
    let bootstrap = ServerBootstrap(group: Self.group)
      .serverChannelOption(.backlog, value: 256)
      .serverChannelInitializer { server in
        server.eventLoop.makeCompletedFuture {
          try server.pipeline.syncOperations.addHandler(AcceptPause(), position: .first)
        }
      }
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .childChannelInitializer { child in
        child.eventLoop.makeCompletedFuture { accepted.append(try channel.setUp(child)) }
      }
    return switch place {
    case .address(let host, let port):
      try await bootstrap.serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .bind(host: host, port: port).get()
    case .path(let path):
      try await bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
    case .passed(let socket):
      try await bootstrap.withBoundSocket(try socket.duplicate()).get()
    }
  }
}
