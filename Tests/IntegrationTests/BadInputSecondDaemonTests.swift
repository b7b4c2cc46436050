import Foundation
import Glibc
import Testing

@Suite("Bad input: a second daemon", .timeLimit(.minutes(1)))
struct BadInputSecondDaemonTests {
  /// Starts Alpha, then a second one with other arguments, which is refused; the first goes on.
  private func second(
    says words: @Sendable (Deployment, DaemonProcess) async throws -> [String],
    _ arguments: @Sendable (Deployment, DaemonProcess) async throws -> [String]
  ) async throws {
    try await withWire(of: .alpha) { deployment, wire in
      let first = try await deployment.start(.alpha)
      let socket = try identity(deployment.runFolder + "/alpha.events")
      let path = try deployment.write("alpha:\n", to: "second.yaml")
      let (ending, text) = try await deployment.outcome(
        "alphad", ["--config", path] + (try await arguments(deployment, first)))
      #expect(ending == .exited(78), "\(text)")
      for word in try await words(deployment, first) { #expect(text.contains(word), "\(text)") }
      #expect(try identity(deployment.runFolder + "/alpha.events") == socket)
      try await changeSettings(1, at: try await first.http)
      try await wire.serves("alpha")
      #expect(try await wire.history(of: "alpha").count == 2)
      #expect(try await first.terminate() == .exited(0))
    }
  }

  @Test
  func `on the same state folder it is refused by the folder's lock and the holder's number`()
    async throws
  {
    try await second { deployment, first in
      [deployment.stateFolder(.alpha) + "/lock", "process \(first.pid)", "with --state"]
    } _: { deployment, _ in
      [
        "--state", deployment.stateFolder(.alpha), "--run", deployment.folder + "/r2",
        "--alpha-http-port", "0",
      ]
    }
  }

  @Test
  func `in the same run directory it is refused before it takes the socket away`() async throws {
    try await second { deployment, first in
      [deployment.runFolder + "/alpha.lock", "process \(first.pid)", "with --run"]
    } _: { deployment, _ in
      [
        "--state", deployment.folder + "/s2", "--run", deployment.runFolder, "--alpha-http-port",
        "0",
      ]
    }
  }

  @Test(arguments: ["events", "log"])
  func `on the same socket, from another run directory, it is refused too`(socket: String)
    async throws
  {
    try await second { deployment, first in
      ["\(deployment.runFolder)/alpha.\(socket)", "process \(first.pid)", "alpha.bus.\(socket)"]
    } _: { deployment, _ in
      [
        "--state", deployment.folder + "/s2", "--run", deployment.folder + "/r2",
        "--alpha-http-port", "0", "--alpha-bus-\(socket)",
        "ipc://\(deployment.runFolder)/alpha.\(socket)",
      ]
    }
  }

  /// The inode: another socket at the same path has another.
  private func identity(_ path: String) throws -> UInt64 {
    var status = stat()
    guard stat(path, &status) == 0 else { throw SystemFailure(path, errno) }
    return UInt64(status.st_ino)
  }
}
