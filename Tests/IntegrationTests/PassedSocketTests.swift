import Foundation
import GRDB
import Glibc
import Synchronization
import Testing

extension Stories {
  /// A socket for HTTP that the supervisor passes, and keeps while a daemon restarts.
  @Suite("Shutdown: a passed socket", .serialized, .timeLimit(.minutes(1)))
  struct PassedSockets {
    /// The words that run a program with the variables of systemd's protocol, under the same pid.
    private static func activated(_ count: Int = 1, named name: String = "http") -> [String] {
      let variables = "LISTEN_PID=$$ LISTEN_FDS=\(count) LISTEN_FDNAMES=\(name)"
      return ["/bin/sh", "-c", "\(variables) exec \"$0\" \"$@\""]
    }

    @Test
    func `no connection is refused, and no request is lost, while the daemon restarts`()
      async throws
    {
      let socket = try ListeningPort()
      try await withDeployment { deployment in
        try await deployment.start(.alpha)
        func start() async throws -> DaemonProcess {
          let beta = try deployment.launch(.beta, under: Self.activated(), passing: socket.file)
          try await beta.ready()
          return beta
        }
        var beta = try await start()
        let line = try await beta.logged("where it listens") { $0.message.contains("listening on") }
        #expect(
          line.message == "listening on http://127.0.0.1:\(socket.port), a socket from systemd")
        _ = try await deployment.openCart()

        let clients = Clients(to: socket.port)
        let work = Task { try await clients.run(4) }
        for _ in 0..<4 {
          try await clients.answered(10)
          #expect(try await beta.terminate() == .exited(0))
          beta = try await start()
        }
        try await clients.answered(10)
        clients.stop()
        try await work.value
        #expect(clients.failures == [])
        let database = try DatabaseQueue(path: deployment.journal(.beta))
        let carts = try await database.read {
          try Int.fetchOne($0, sql: "SELECT count(*) FROM carts")
        }
        #expect(carts == clients.count + 1, "each cart that was made was answered")
        #expect(try await beta.terminate() == .exited(0))
      }
    }

    @Test(
      arguments: [
        (1, "alphad", "FileDescriptorName=http"), (2, "http:http", "2 descriptors"),
      ])
    func `a wrong socket is exit code 78`(count: Int, name: String, says: String) async throws {
      let socket = try ListeningPort()
      try await withDeployment { deployment in
        let alpha = try deployment.launch(
          .alpha, under: Self.activated(count, named: name), passing: socket.file)
        #expect(try await alpha.child.ending() == .exited(78))
        #expect(alpha.lines.contains { $0.message.contains(says) }, "\(alpha.lines)")
      }
    }

    @Test
    func `a descriptor that does not listen is exit code 78`() async throws {
      try await withDeployment { deployment in
        let pipe = try Pipe()
        let alpha = try deployment.launch(
          .alpha, under: Self.activated(), passing: pipe.reading)
        #expect(try await alpha.child.ending() == .exited(78))
        #expect(alpha.lines.contains { $0.message.contains("not a listening TCP socket") })
        for file in [pipe.reading, pipe.writing] { close(file) }
      }
    }
  }
}

/// A socket that listens on a free port of this machine.
private final class ListeningPort: Sendable {
  let file: Int32
  let port: UInt16

  init() throws {
    let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(file, address, size) == 0 && listen(file, 256) == 0
          && getsockname(file, address, &size) == 0
      }
    }
    guard status else { throw SystemFailure("no port to listen on", errno) }
    self.file = file
    port = UInt16(bigEndian: address.sin_port)
  }

  deinit { close(file) }
}

/// Clients that connect all the time, each for one command.
private final class Clients: Sendable {
  private let http: HTTPClient
  private let answers = Chronicle<String>()
  private let isOver = Mutex(false)

  init(to port: UInt16) {
    http = HTTPClient(base: "http://127.0.0.1:\(port)")
  }

  /// The number of commands that were answered.
  var count: Int { answers.all.count { $0.hasPrefix("HTTP/1.1 201 ") } }
  /// Everything but the expected answers, also a lost one, which is empty.
  var failures: [String] { answers.all.filter { !$0.hasPrefix("HTTP/1.1 201 ") } }

  /// Sends commands until ``stop()``.
  ///
  /// - Throws: the failure of a connection.
  func run(_ number: Int) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<number {
        group.addTask {
          while !self.isOver.withLock(\.self) {
            let connection = try RawConnection(to: self.http)
            connection.send(
              """
              POST /api/carts HTTP/1.1\r\nHost: localhost\r\nConnection: close\r
              Content-Length: 0\r\n\r\n
              """)
            self.answers.append(try await connection.receiveAll())
          }
        }
      }
      try await group.waitForAll()
    }
  }

  /// Waits for more answers.
  func answered(_ number: Int) async throws {
    let seen = answers.all.count
    _ = try await answers.first(after: seen + number - 1, within: .seconds(20)) { _ in true }
  }

  func stop() {
    isOver.withLock { $0 = true }
  }
}
