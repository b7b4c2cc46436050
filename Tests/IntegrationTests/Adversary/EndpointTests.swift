import Foundation
import Testing
import ZeroMQ

/// Endpoints that do not work yet, or are open to everyone.
@Suite("Adversary: endpoints", .timeLimit(.minutes(1)))
struct AdversaryEndpointTests {
  private static let insecure = ["--alpha-bus-insecure", "true"]

  private func freePort() -> UInt16 { UInt16.random(in: 10_000..<32_000) }

  @Test(arguments: ["bus.events", "bus.log", "follow.beta.events", "follow.charlie.log"])
  func `tcp needs a key of its own, and warns at each start`(key: String) async throws {
    try await withDeployment { deployment in
      let path = try deployment.write("alpha:\n", to: "a.yaml")
      let flag = "--alpha-" + key.replacing(".", with: "-")
      let arguments = [
        "--config", path, "--state", "state", "--run", "run", flag, "tcp://127.0.0.1:4747",
      ]
      for more in [[], ["--check-config"]] {
        let (ending, text) = try await deployment.outcome("alphad", arguments + more)
        #expect(ending == .exited(78))
        for words in ["alpha.\(key)", "tcp://127.0.0.1:4747", "alpha.bus.insecure: true"] {
          #expect(text.contains(words), "\(text)")
        }
      }
      let (ending, text) = try await deployment.outcome(
        "alphad", arguments + Self.insecure + ["--check-config"])
      #expect(ending == .exited(0), "\(text)")
      let alpha = try deployment.launch(
        .alpha, [flag, "tcp://127.0.0.1:\(freePort())"] + Self.insecure)
      let warning = try await alpha.logged("the warning") {
        $0.message.contains("alpha.\(key) (tcp://127.0.0.1:")
      }
      #expect(warning.level == "warning")
    }
  }

  @Test
  func `an IPv6 address is bound and followed`() async throws {
    try await withDeployment { deployment in
      let port = freePort()
      let (events, log) = ("tcp://[::1]:\(port)", "tcp://[::1]:\(port + 1)")
      try await deployment.start(
        .alpha, ["--alpha-bus-events", events, "--alpha-bus-log", log] + Self.insecure)
      let beta = try await deployment.start(
        .beta,
        [
          "--beta-follow-alpha-events", events, "--beta-follow-alpha-log", log,
          "--beta-bus-insecure", "true",
        ])
      try await beta.logged("settings.changed applied")
    }
  }

  @Test
  func `a port in use is waited for, with the reason in the log and at readyz`() async throws {
    try await withWire(of: .alpha) { deployment, wire in
      let endpoint = "tcp://127.0.0.1:\(freePort())"
      let alpha = try await wire.context.withRouter(binding: [endpoint]) { _ in
        let alpha = try deployment.launch(.alpha, ["--alpha-bus-log", endpoint] + Self.insecure)
        let warning = try await alpha.logged("the reason") {
          $0.message.contains("cannot bind \(endpoint): Address already in use")
        }
        #expect(warning.level == "warning")
        let answer = try await alpha.http.get("/readyz")
        #expect(answer.status == 503)
        #expect("\(answer.json)".contains("cannot bind \(endpoint)"))
        return alpha
      }
      try await alpha.logged("\(endpoint) is bound")
      try await alpha.ready()
      #expect(alpha.lines.count { $0.message.contains("cannot bind") } == 1, "it is logged once")
      #expect(try await alpha.terminate() == .exited(0))
    }
  }

  @Test(arguments: [
    ("ipc://FOLDER/none/alpha.events", "there is no such socket file"),
    ("tcp://127.0.0.1:1", "Connection refused"),
    ("tcp://no-such-host.invalid:4747", "no-such-host.invalid"),
  ])
  func `a silent stream is logged with the cause, and its followers are ready all the same`(
    endpoint: String, cause: String
  ) async throws {
    try await withDeployment { deployment in
      let place = endpoint.replacing("FOLDER", with: deployment.folder)
      let beta = try await deployment.start(
        .beta,
        [
          "--beta-follow-alpha-events", place, "--beta-follow-alpha-log", place,
          "--beta-bus-insecure", "true",
        ])
      let line = try await beta.logged("the cause") { $0.message.contains(cause) }
      #expect(["warning", "error"].contains(line.level))
      let bus = try await beta.http.get("/api/bus").json
      #expect("\(bus)".contains(cause), "\(bus)")
    }
  }

  @Test
  func `the unit allows what libzmq needs to bind tcp, and bounds memory`() throws {
    let unit = try String(
      contentsOfFile: Interop.root + "/systemd/daemon.service.in", encoding: .utf8)
    let families = try #require(
      unit.split(separator: "\n").first { $0.hasPrefix("RestrictAddressFamilies=") })
    for family in ["AF_UNIX", "AF_INET", "AF_INET6", "AF_NETLINK"] {
      #expect(families.split(whereSeparator: { " =".contains($0) }).contains { $0 == family })
    }
    #expect(unit.contains("\nMemoryMax="))
  }
}
