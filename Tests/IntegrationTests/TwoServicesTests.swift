import Foundation
import Glibc
import Testing

extension Stories {
  /// The two services with which the documentation begins, as processes.
  @Suite("Two services", .serialized, .timeLimit(.minutes(1)))
  struct TwoServices {
    @Test
    func `an event of one service arrives at the other, and after a crash of it too`()
      async throws
    {
      try await withDeployment { deployment in
        let door = try await deployment.startPlain("door")
        let counter = try await deployment.startPlain("counter")
        try await door.open("front")
        try await counter.counted(1)

        counter.child.signal(SIGKILL)
        _ = try await counter.child.ending()
        try await door.open("back")
        let again = try await deployment.startPlain("counter")
        try await again.counted(2)
      }
    }
  }
}

/// A run of one of the two services.
private struct PlainProcess {
  let child: ChildProcess
  let http: HTTPClient

  func open(_ door: JSON) async throws {
    let answer = try await http.post("/api/openings", ["door": door])
    #expect(answer.status == 200, "\(answer)")
  }

  /// Asks until so many openings were counted.
  func counted(_ count: Int64) async throws {
    var last: Int64?
    while last != count { last = try await http.get("/api/openings").json.int }
  }
}

extension Deployment {
  /// Starts a service on any free port, and waits until it is ready.
  fileprivate func startPlain(_ name: String) async throws -> PlainProcess {
    let file = "\(folder)/\(name).yaml"
    try Data("\(name):\n  http:\n    port: 0\n  log:\n    format: json\n".utf8)
      .write(to: URL(fileURLWithPath: file))
    let child = try run(
      name + "d", ["--config", file, "--state", "\(folder)/\(name)", "--run", runFolder])
    let prefix = "listening on "
    let line = try await child.line("where it listens") { $0.message.hasPrefix(prefix) }
    return PlainProcess(
      child: child, http: HTTPClient(base: String(line.message.dropFirst(prefix.count))))
  }
}
