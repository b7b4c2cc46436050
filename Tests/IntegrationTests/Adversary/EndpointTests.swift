import Foundation
import Glibc
import Testing
import ZeroMQ

/// Endpoints that do not work yet, or are open to every user.
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
      let events = "tcp://[::1]:\(port)"
      let log = "tcp://[::1]:\(port + 1)"
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

  /// Row #2.
  @Test
  func `under the unit's address families the bus binds tcp, and without netlink it aborts`()
    async throws
  {
    let unit = try String(
      contentsOfFile: Interop.root + "/systemd/alphad.service", encoding: .utf8)
    #expect(unit.contains("\nMemoryMax="))
    let prefix = "RestrictAddressFamilies="
    let line = try #require(unit.split(separator: "\n").first { $0.hasPrefix(prefix) })
    let families = line.dropFirst(prefix.count).split(separator: " ").map(String.init)
    try await withDeployment { deployment in
      func bus() -> [String] {
        ["--alpha-bus-log", "tcp://127.0.0.1:\(freePort())"] + Self.insecure
      }
      let alpha = try deployment.launch(
        .alpha, bus(), under: AddressFamilies.restricting(to: families))
      try await alpha.ready()
      try await deployment.stop(.alpha)
      let other = try deployment.launch(
        .alpha, bus(),
        under: AddressFamilies.restricting(to: families.filter { $0 != "AF_NETLINK" }))
      #expect(try await other.child.ending() == .killed(signal: SIGABRT), "libzmq needs it")
    }
  }
}

/// The effect of systemd's `RestrictAddressFamilies=`: a filter in the kernel refuses sockets of
/// other families with EAFNOSUPPORT.
private enum AddressFamilies {
  private static let script = """
    import ctypes, os, socket, struct, sys
    number = {"x86_64": 41, "aarch64": 198}[os.uname().machine]
    load = lambda offset: struct.pack("HBBI", 0x20, 0, 0, offset)
    skip = lambda value, same, other: struct.pack("HBBI", 0x15, same, other, value)
    answer = lambda value: struct.pack("HBBI", 0x06, 0, 0, value)
    allow, refuse = 0x7fff0000, 0x00050000 | 97
    families = [getattr(socket, name).value for name in sys.argv[1].split(",")]
    code = load(0) + skip(number, 1, 0) + answer(allow) + load(16)
    for family in families: code += skip(family, 0, 1) + answer(allow)
    code += answer(refuse)
    class Program(ctypes.Structure):
      _fields_ = [("count", ctypes.c_ushort), ("code", ctypes.c_char_p)]
    kernel = ctypes.CDLL(None, use_errno=True)
    assert kernel.prctl(38, 1, 0, 0, 0) == 0
    assert kernel.prctl(22, 2, ctypes.byref(Program(len(code) // 8, code)), 0, 0) == 0
    os.execv(sys.argv[2], sys.argv[2:])
    """

  /// The words before a program's path that restrict it.
  static func restricting(to families: [String]) -> [String] {
    ["/usr/bin/env", "python3", "-c", script, families.joined(separator: ",")]
  }
}
