import Foundation
import Glibc
import PostgreSQLServer
import Testing

extension Stories {
  /// The two replicas of each service that `make run-cluster` starts, with their server.
  @Suite(
    "The cluster of make run-cluster", .serialized,
    .enabled(
      if: PostgreSQLServer.missing == nil, Comment(rawValue: PostgreSQLServer.missing ?? "")),
    .timeLimit(.minutes(4)))
  struct RunCluster {
    @Test
    func `an order goes through before and after each printed line, and Ctrl-C ends the cluster`()
      async throws
    {
      try await withCluster { deployment, cluster, base in
        try await deployment.order(portBase: base)
        let status = try await deployment.eventually(
          "status", "--replicas", "2", "--port-base", "\(base)", "--json")
        #expect(
          status.objects.map { "\($0["service"].text)-\($0["replica"].text)" }
            == ServiceName.allCases.flatMap { ["\($0.rawValue)-a", "\($0.rawValue)-b"] })
        // One of two is away, at a port without a listener.
        let away = ["--beta", "http://127.0.0.1:\(base + 9)"]
        let other = ["--beta", "http://127.0.0.1:\(base + 12)"]
        try await deployment.eventually(["status", "beta"] + away + other, ends: 1)
        try await deployment.eventually(["status", "beta"] + away + away, ends: 69)

        let count = cluster.lines.all.count
        try await deployment.runLine("kill -9 $(", of: cluster)
        let killed = try await cluster.line("the end of a replica", after: count) {
          $0.text.contains(" beta-a was ended by signal 9; it is restarted in 0.2 s")
        }
        #expect(killed.channel == .error)
        try await deployment.order(portBase: base + 10)

        try await deployment.runLine("immediate stop", of: cluster)
        try await deployment.runLine("/log start", of: cluster)
        try await deployment.order(portBase: base + 10)

        // A server that is stopped already does not make the end a failure.
        try await deployment.runLine("immediate stop", of: cluster)
        cluster.signal(SIGINT)
        #expect(try await cluster.ending(within: .seconds(60)) == .exited(0))
      }
    }

    @Test
    func `Ctrl-C ends the server too, whose folder serves the next start`() async throws {
      try await withCluster { deployment, cluster, base in
        let server = deployment.folder + "/c/postgresql"
        cluster.signal(SIGINT)
        #expect(try await cluster.ending(within: .seconds(60)) == .exited(0))
        let files = try FileManager.default.contentsOfDirectory(atPath: server)
        #expect(!files.contains { $0.hasPrefix(".s.PGSQL") }, "\(files)")

        let again = try await deployment.startCluster(portBase: base)
        again.signal(SIGTERM)
        #expect(try await again.ending(within: .seconds(60)) == .exited(0))
        let settings = try String(
          contentsOfFile: server + "/data/postgresql.conf", encoding: .utf8)
        let count = settings.split(separator: "\n").count {
          $0.hasPrefix("unix_socket_directories")
        }
        #expect(count == 1)
      }
    }

    /// Gives a test a cluster that is ready, and ends what is left of it in any case.
    private func withCluster(
      _ test: (Deployment, ChildProcess, Int) async throws -> Void
    ) async throws {
      try await withDeployment { deployment in
        // The server's user enters the folder.
        try #require(chmod(deployment.folder, 0o755) == 0)
        let base = try freePorts(15) - 1
        let cluster = try await deployment.startCluster(portBase: base)
        do {
          try await test(deployment, cluster, base)
        } catch {
          cluster.signal(SIGTERM)
          _ = try? await cluster.ending(within: .seconds(60))
          throw error
        }
      }
    }
  }
}

extension Deployment {
  /// Starts the cluster in a folder of this deployment, and waits for its greeting.
  fileprivate func startCluster(portBase base: Int) async throws -> ChildProcess {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let cluster = try shell(
      "exec \"$0\" \"$@\"",
      [
        root.appending(path: ".ci/run-cluster").path, try Programs.path("eventually"),
        folder + "/c", "--port-base", "\(base)",
      ])
    _ = try await cluster.line("that all are ready", within: .seconds(60)) {
      $0.text == "All four services are ready."
    }
    _ = try await cluster.line("its greeting") { $0.text == "Ctrl-C stops all of them." }
    return cluster
  }

  /// Runs a line that the cluster has printed, as a person does in another terminal.
  fileprivate func runLine(_ part: String, of cluster: ChildProcess) async throws {
    let line = try #require(cluster.lines.all.first { $0.text.contains(part) })
    let shell = try shell(line.text, [])
    #expect(try await shell.ending() == .exited(0), "\(line): \(shell.lines.all.map(\.text))")
  }

  /// Places an order, which is approved and charged.
  fileprivate func order(portBase: Int) async throws {
    let order = try await eventually(
      [
        "order", "widget", "10.00", "--approve", "--json", "--port-base", "\(portBase)",
      ])
    #expect(order.objects.contains { $0["step"] == "charged" }, "\(order.text)")
  }
}
