import Foundation
import Glibc
import Testing
import ZeroMQ

/// Attacks of a peer that can reach a service's sockets.
@Suite("Adversary: sockets", .timeLimit(.minutes(1)))
struct AdversarySocketsTests {
  @Test
  func `routing ids that libzmq keeps for itself, claimed by peers, abort no daemon`() async throws
  {
    try await withWire(of: .alpha) { deployment, wire in
      let alpha = try await deployment.start(.alpha)
      var peers: [WirePeer] = []
      for number in 0..<40 {
        let peer = try WirePeer(deployment.runFolder + "/alpha.log")
        // The first number of libzmq when its random numbers are not seeded.
        let id = withUnsafeBytes(of: UInt32(0x6b8b_4567 + number).bigEndian, Array.init)
        await peer.greet(as: "DEALER", identity: [0] + id)
        peer.frame(Array("STATUS".utf8), more: true)
        peer.frame(Array("{}".utf8))
        #expect(await peer.hear("STATUS") == nil, "the connection has ended")
        peers.append(peer)
      }
      try await alpha.logged("the refusal") { $0.message.contains("routing id that begins with 0") }
      let named = try WirePeer(deployment.runFolder + "/alpha.log")
      await named.greet(as: "DEALER", identity: Array("warehouse-1".utf8))
      named.frame(Array("STATUS".utf8), more: true)
      named.frame(Array("{}".utf8))
      #expect(await named.hear("STATUS") != nil)
      for _ in 0..<5 { try await wire.serves("alpha") }
      #expect(try await alpha.terminate() == .exited(0))
      extendLifetime(peers)
    }
  }

  @Test(arguments: WireGarbageTests.sockets)
  func `the frames of a message without an end are bounded, and their sender is cut`(
    socket: String, kind: String
  ) async throws {
    try await withWire(of: .alpha) { deployment, wire in
      let alpha = try await deployment.start(.alpha, ["--alpha-bus-heap", "64"])
      let peer = try WirePeer(deployment.runFolder + "/alpha.\(socket)")
      await peer.greet(as: kind)
      let frame: [UInt8] = [1, 200] + Array(repeating: 1, count: 200)
      let frames = Array(repeatElement(frame, count: 5_000).joined())
      var peak = 0
      // It ends when the service has hung up; without a limit it would not.
      for _ in 0..<4_000 {
        guard await peer.sends(frames) else { break }
        peak = max(peak, try alpha.residentBytes)
      }
      try await alpha.logged("the cut") { $0.message.contains("connections to the bus were cut") }
      #expect(peak < 512 << 20)
      try await wire.serves("alpha")
      try await changeSettings(1, at: try await alpha.http)
      #expect(try await alpha.terminate() == .exited(0))
    }
  }

  @Test
  func `one process has so many connections and no more, and others are served`() async throws {
    try await withWire(of: .alpha) { deployment, wire in
      let alpha = try await deployment.start(.alpha)
      var crowd = try (0..<100).map { _ in try WirePeer(deployment.runFolder + "/alpha.log") }
      try await alpha.logged("the refusal") {
        $0.message.contains("may have 64 (bus.connections)")
          && $0.message.contains("process \(getpid()) of user \(getuid())")
      }
      // Another process is served meanwhile.
      let beta = try await deployment.start(.beta)
      try await beta.logged("settings.changed applied")
      #expect(crowd.count == 100)
      crowd = []
      try await wire.serves("alpha")
      #expect(try await alpha.terminate() == .exited(0))
    }
  }

  @Test(arguments: ["ipc", "tcp"])
  func `connections up to the limit of open files are refused, and the service works on`(
    transport: String
  ) async throws {
    try await withDeployment { deployment in
      let port = UInt16.random(in: 10_000..<32_000)
      let network = ["--alpha-bus-log", "tcp://127.0.0.1:\(port)", "--alpha-bus-insecure", "true"]
      let alpha = try await deployment.start(
        .alpha, ["--alpha-bus-connections", "65536"] + (transport == "tcp" ? network : []))
      let http = try await alpha.http
      try await command("prlimit", "--pid", "\(alpha.pid)", "--nofile=256:4096")
      var crowd: [AnyObject] = []
      for _ in 0..<400 {
        let peer: AnyObject? =
          transport == "tcp"
          ? try? RawConnection(to: HTTPClient(base: "http://127.0.0.1:\(port)"))
          : try? WirePeer(deployment.runFolder + "/alpha.log")
        if let peer { crowd.append(peer) }
      }
      try await alpha.logged("the refusal") {
        $0.message.contains(
          transport == "tcp"
            ? "one address may have half of the descriptors"
            : "the last descriptors are kept for the service itself")
      }
      #expect(try alpha.openFiles < 256)
      if transport == "tcp" {
        let other = try RawConnection(
          to: HTTPClient(base: "http://127.0.0.1:\(port)"), from: "127.0.0.2")
        #expect(await other.receiveByte() == 0xff, "another address is greeted")
      }
      try await changeSettings(2, at: http)
      #expect(try await http.get("/healthz").status == 200)
      crowd = []
      #expect(try await alpha.terminate() == .exited(0))
    }
  }

  @Test
  func `a daemon raises its limit of open files to what it may have`() async throws {
    try await withDeployment { deployment in
      let alpha = try await deployment.start(.alpha)
      let text = try String(contentsOfFile: "/proc/\(alpha.pid)/limits", encoding: .utf8)
      let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("Max open files") })
      let numbers = line.split(separator: " ").compactMap { Int($0) }
      #expect(numbers.count == 2 && numbers[0] == numbers[1])
    }
  }

  @Test(arguments: ["events", "log"])
  func `a path that another process binds is noticed, logged and taken back`(socket: String)
    async throws
  {
    try await withWire(of: .alpha) { deployment, wire in
      let alpha = try await deployment.start(.alpha)
      let path = "\(deployment.runFolder)/alpha.\(socket)"
      // It stays: what it has bound is another file than the one that the service binds.
      try await wire.context.withRouter(binding: ["ipc://\(path)"]) { _ in
        let line = try await alpha.logged("the theft") {
          $0.message.hasPrefix("\(path) was taken over by process \(getpid()) of user \(getuid())")
        }
        #expect(line.level == "error")
        try await wire.serves("alpha")
      }
      #expect(try await alpha.terminate() == .exited(0))
    }
  }

  @Test(.enabled("it takes root to be another user", { geteuid() == 0 }))
  func `a follower accepts a stream only from the user that it expects`() async throws {
    try await withDeployment { deployment in
      let run = deployment.folder + "/thief"
      let state = deployment.folder + "/thief-state"
      for folder in [run, state] {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        #expect(chown(folder, 65_534, 65_534) == 0)
      }
      #expect(chmod(deployment.folder, 0o755) == 0)
      let file = try deployment.write("alpha:\n", to: "thief.yaml")
      let program = deployment.folder + "/alphad"
      // Not by this process: a program that another test starts meanwhile would keep it open for
      // writing for a moment, and it could not be started.
      try await command("cp", Programs.path("alphad"), program)
      let thief = try ChildProcess(
        "/usr/bin/env",
        [
          "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", program, "--config", file,
          "--state", state, "--run", run, "--alpha-http-port", "0", "--alpha-log-format", "json",
        ], folder: deployment.folder)
      _ = try await thief.line("that it is ready") { $0.message == "ready" }
      let follow = [
        "--beta-follow-alpha-events", "ipc://\(run)/alpha.events", "--beta-follow-alpha-log",
        "ipc://\(run)/alpha.log",
      ]
      // The file belongs to another user: it is not connected to.
      let beta = try await deployment.start(.beta, follow)
      let told = try await beta.logged("the owner") { $0.message.contains("is not connected to") }
      #expect(told.message.contains("\(run)/alpha.events belongs to user 65534"))
      #expect(told.message.contains("follow.alpha.owner"))
      #expect(try await beta.http.get("/api/settings").status == 503)
      // The file is ours, and the process that listens is not.
      for name in ["events", "log"] { #expect(chown("\(run)/alpha.\(name)", 0, 0) == 0) }
      try await beta.logged("whose messages are dropped") {
        $0.message.contains("they come from process \(thief.pid) of user 65534")
      }
      #expect(try await beta.http.get("/api/settings").status == 503)
      try await deployment.stop(.beta)
      // It may be another user's, if that is configured.
      for name in ["events", "log"] { #expect(chown("\(run)/alpha.\(name)", 65_534, 0) == 0) }
      let trusting = try await deployment.start(
        .beta, follow + ["--beta-follow-alpha-owner", "nobody"])
      try await trusting.logged("settings.changed applied")
      thief.signal(SIGTERM)
      #expect(try await thief.ending() == .exited(0))
    }
  }
}

extension WirePeer {
  /// Sends bytes on a thread that may wait; whether the other side has taken them all.
  func sends(_ bytes: [UInt8]) async -> Bool {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread { [self] in continuation.resume(returning: send(all: bytes)) }
    }
  }
}
