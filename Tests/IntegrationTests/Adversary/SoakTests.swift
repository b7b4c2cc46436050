import Foundation
import Synchronization
import Testing
import ZeroMQ

/// Everything at once while orders flow.
///
/// Garbage and floods on every socket, stuck readers, locks, and now and then a full disk. `make soak
/// SECONDS=600` is the long run; CI's is short.
@Suite("Adversary: soak", .timeLimit(.minutes(30)))
struct AdversarySoakTests {
  private static let duration = Duration.seconds(
    ProcessInfo.processInfo.environment["SOAK_SECONDS"].flatMap { Int($0) } ?? 20)

  @Test func `under all attacks at once every order is charged once`() async throws {
    try await withSmallDisk(of: .charlie) { deployment, canBeFilled in
      try await deployment.start(all: ServiceName.allCases)
      try await deployment[.beta].logged("settings.changed applied")
      let context = try Context()
      var report = SoakReport()
      let demand = try await deployment.underLoad { load in
        try await load.progress(20)
        report.before = try deployment.memory()
        let peer = try HonestPeer(deployment, asking: deployment.socket(.alpha, "log"))
        try await peer.answers(200)
        report.quiet = peer.latency()
        let before = peer.count
        let attack = Attack(
          deployment: deployment, context: context, duration: Self.duration,
          fillsDisk: canBeFilled)
        try await attack.run()
        report.attacked = peer.latency(after: before)
        report.attacks = attack.tally.counts
        try await load.progress(20)
      }
      await context.close()
      report.after = try deployment.memory()
      report.accepted = demand.stories.count
      try await deployment.check(demand)
      print(report)
      for (service, bytes) in report.after {
        let growth = bytes - (report.before[service] ?? 0)
        #expect(growth < 128 << 20, "\(service) has grown by \(growth) bytes")
      }
      let expected = Attack.kinds + (canBeFilled ? ["full disk"] : [])
      for kind in expected { #expect(report.attacks[kind, default: 0] > 0, "no \(kind)") }
    }
  }
}

/// The measurements of a soak.
private struct SoakReport: CustomStringConvertible {
  var accepted = 0
  var before: [ServiceName: Int] = [:]
  var after: [ServiceName: Int] = [:]
  /// The answers to another process that does nothing wrong, without attacks and under them.
  var quiet = Latency()
  var attacked = Latency()
  /// How often each attack was made.
  var attacks: [String: Int] = [:]

  var description: String {
    let memory = ServiceName.allCases.map { service in
      "\(service) \((before[service] ?? 0) >> 20) to \((after[service] ?? 0) >> 20) MiB"
    }
    return """
      Soak: \(accepted) orders accepted and finalized, 0 lost, 0 twice. Memory: \
      \(memory.joined(separator: ", ")). STATUS of another process: \
      \(quiet); under attack \(attacked); a ratio of \(attacked.median / quiet.median). Attacks: \
      \(attacks.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")).
      """
  }
}

/// A deployment in which one service's state folder is small enough to be filled, where this user may
/// mount.
private func withSmallDisk(
  of service: ServiceName, _ test: (Deployment, _ canBeFilled: Bool) async throws -> Void
) async throws {
  let mayMount = await mayMount()
  try await withDeployment { deployment in
    guard mayMount else { return try await test(deployment, false) }
    try await withMount(
      "-t", "tmpfs", "-o", "size=128m,mode=750", "ev", on: deployment.stateFolder(service)
    ) {
      try await test(deployment, true)
    }
  }
}

extension Deployment {
  fileprivate func memory() throws -> [ServiceName: Int] {
    Dictionary(
      uniqueKeysWithValues: try ServiceName.allCases.map { ($0, try self[$0].residentBytes) })
  }

  fileprivate func socket(_ service: ServiceName, _ name: String) -> String {
    "\(runFolder)/\(service.rawValue).\(name)"
  }
}

/// Counts the attacks that were made, and holds the connections that are to stay open.
private final class Tally: Sendable {
  private let state = Mutex<(counts: [String: Int], open: [RawConnection])>(([:], []))

  var counts: [String: Int] { state.withLock { $0.counts } }

  func count(_ kind: String) {
    state.withLock { $0.counts[kind, default: 0] += 1 }
  }

  /// Keeps the newest hundred connections open.
  func hold(_ connection: RawConnection) {
    state.withLock { state in
      state.open.append(connection)
      if state.open.count > 100 { state.open.removeFirst() }
    }
  }
}

/// The attackers, each of which goes on until its time is over.
private struct Attack: Sendable {
  static let kinds = [
    "noise", "flood", "subscriptions", "strangers", "http", "lock",
  ]

  let tally = Tally()
  let deployment: Deployment
  let context: Context
  let duration: Duration
  let fillsDisk: Bool

  /// - Returns: how long an honest peer's request takes meanwhile.
  func run() async throws {
    let end = ContinuousClock.now + duration
    try await withThrowingTaskGroup(of: Void.self) { group in
      for service in ServiceName.allCases {
        group.addTask { try await repeating("noise", until: end) { await noise(at: service) } }
        group.addTask { try await flood(service, until: end) }
        group.addTask {
          try await repeating("subscriptions", until: end) { await subscribe(at: service) }
        }
        group.addTask {
          try await repeating("strangers", until: end) { try await strangers(at: service) }
        }
        group.addTask { try await repeating("http", until: end) { try await http(service) } }
      }
      group.addTask { try await repeating("round of locks", until: end) { try await locks() } }
      let stuck = try await stuckReaders()
      try await group.waitForAll()
      extendLifetime(stuck)
    }
  }

  private func repeating(
    _ kind: String, until end: ContinuousClock.Instant, _ act: () async throws -> Void
  ) async throws {
    while ContinuousClock.now < end {
      try await act()
      tally.count(kind)
      // The attackers share two cores with those they attack.
      try await Task.sleep(for: .milliseconds(50))
    }
  }

  /// Bytes that are no protocol, and frames that never end.
  private func noise(at service: ServiceName) async {
    for (name, kind) in [("events", "SUB"), ("log", "DEALER")] {
      guard let peer = try? WirePeer(deployment.socket(service, name)),
        let other = try? WirePeer(deployment.socket(service, name))
      else { continue }
      peer.send((0..<4096).map { _ in UInt8.random(in: 0...255) })
      await other.greet(as: kind)
      for _ in 0..<16 { other.frame([UInt8](repeating: 7, count: 1000), more: true) }
    }
  }

  /// Two peers that ask far more than they may.
  private func flood(_ service: ServiceName, until end: ContinuousClock.Instant) async throws {
    let fetch = [Data("FETCH".utf8), Data(#"{"stream":"\#(service)","after":0}"#.utf8)]
    let endpoint = "ipc://\(deployment.socket(service, "log"))"
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<2 {
        group.addTask {
          try await context.withDealer(connectingTo: [endpoint]) { dealer in
            try await repeating("flood", until: end) {
              try await dealer.send(Array(repeating: Message(fetch), count: 250))
            }
          }
        }
      }
      try await group.waitForAll()
    }
  }

  private func subscribe(at service: ServiceName) async {
    guard let peer = try? WirePeer(deployment.socket(service, "events")) else { return }
    await peer.greet(as: "SUB")
    await peer.subscribe("\(service)/", times: 5_000)
    for _ in 0..<500 { await peer.subscribe("garbage/\(UInt64.random(in: 0 ... .max))/") }
  }

  /// Claims and acknowledgements under names that are not theirs.
  private func strangers(at service: ServiceName) async throws {
    let head = try await deployment.http(service).get("/api/bus").json["stream"]
    let epoch = head["epoch"]
    let sequence = head["head"].int ?? 0
    let stream = JSON(stringLiteral: service.rawValue)
    try await context.withDealer(
      connectingTo: ["ipc://\(deployment.socket(service, "log"))"]
    ) { dealer in
      let log = WireLog(dealer)
      for ahead: Int64 in [0, 1, 1000] {
        let name: JSON = "mallory-\(Int.random(in: 0...99))"
        try await log.tell(
          "ACK",
          ["consumer": name, "stream": stream, "epoch": epoch, "sequence": JSON(sequence + ahead)])
        try await log.tell(
          "FETCH",
          ["consumer": name, "stream": stream, "epoch": epoch, "after": JSON(sequence + ahead)])
      }
    }
  }

  /// Bodies that cost, names that are not the service's, and requests that are never finished.
  private func http(_ service: ServiceName) async throws {
    let http = try await deployment.http(service)
    let nested = String(repeating: "[", count: 30_000)
    _ = try? await http.send("POST", "/api/carts", body: Data(nested.utf8))
    _ = try? await http.get("/", headers: ["Host": "rebound.example"])
    for half in ["GET / HTTP/1.1\r\nHost:", "POST /api/carts HTTP/1.1\r\nHost: 127.0.0.1\r\n"] {
      guard let connection = try? RawConnection(to: http) else { continue }
      connection.send(half)
      tally.hold(connection)
    }
  }

  /// A disk that is full for a while: the test process fills it, and empties it.
  private func fullDisk(of service: ServiceName) async throws {
    let filler = deployment.stateFolder(service) + "/filler"
    do {
      try await command("dd", "if=/dev/zero", "of=\(filler)", "bs=64k", "count=2048")
    } catch let failure as FailedCommand where failure.description.contains("No space left") {
      tally.count("full disk")
    }
    try await Task.sleep(for: .seconds(1))
    try? FileManager.default.removeItem(atPath: filler)
  }

  /// Another process's lock on each journal, one after the other, and a disk that is full.
  private func locks() async throws {
    let script = """
      import sqlite3, sys, time
      db = sqlite3.connect(sys.argv[1], timeout=5, isolation_level=None)
      db.execute("BEGIN IMMEDIATE"); time.sleep(1.5); db.execute("ROLLBACK")
      """
    for service in ServiceName.allCases {
      // While its owner takes the lock again and again, this one may not get it.
      let path = deployment.stateFolder(service) + "/journal.sqlite"
      if (try? await command("python3", "-c", script, path)) != nil { tally.count("lock") }
    }
    if fillsDisk { try await fullDisk(of: .charlie) }
  }

  /// Subscribers that never read, and clients that take no answer.
  private func stuckReaders() async throws -> [any Sendable] {
    var stuck: [any Sendable] = []
    for service in ServiceName.allCases {
      let peer = try WirePeer(deployment.socket(service, "events"))
      await peer.greet(as: "SUB")
      await peer.subscribe("")
      let client = try RawConnection(to: try await deployment.http(service), window: 1)
      for _ in 0..<200 { client.send("GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n") }
      stuck += [peer, client]
    }
    return stuck
  }
}
