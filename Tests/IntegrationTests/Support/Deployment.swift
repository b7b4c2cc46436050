import Foundation
import Glibc
import PostgreSQLServer
import Synchronization
import Testing

/// The services on one machine, each a real process with a state folder of its own, in a
/// temporary folder with a run directory.
///
/// ``withDeployment(_:_:)`` makes one, and clears it away.
final class Deployment: Sendable {
  /// The temporary folder; its path is short, since a socket's path is limited.
  let folder: String
  /// Variables for every daemon that is started, for example `ALPHA_APPROVAL`.
  private let ownEnvironment: [String: String]
  /// The network on which each daemon has a host of its own; nil for this machine's.
  private let network: Network?
  private let state = Mutex(State())

  private struct State {
    var history: [ServiceName: [DaemonProcess]] = [:]
    var others: [ChildProcess] = []
    /// The databases that have journals, with their servers.
    var databases: [ServiceName: (server: PostgreSQLServer, address: String)] = [:]
    /// The number of clients so far, by whose remainder a replica is chosen; nil for the last one.
    var turns: Int?
  }

  init(
    environment: [String: String], network: Network? = nil,
    journalsOn server: PostgreSQLServer? = nil
  ) throws {
    var template = Array("/tmp/ev-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SystemFailure("no temporary folder", errno) }
    folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    ownEnvironment = environment
    self.network = network
    guard let server else { return }
    for service in ServiceName.allCases {
      keepJournal(of: service, in: try server.makeDatabase(), on: server)
    }
  }

  /// The variables of every program.
  private var environment: [String: String] {
    let databases = state.withLock { $0.databases }
    return ownEnvironment.merging(
      databases.map { ("\($0.rawValue.uppercased())_JOURNAL", $1.address) }
    ) { $1 }
  }

  /// Has the next starts of a service keep its journal in a database.
  func keepJournal(of service: ServiceName, in database: String, on server: PostgreSQLServer) {
    state.withLock { $0.databases[service] = (server, database) }
  }

  /// The output of a query in the journal of a service; nil where it is a file.
  func query(_ statement: String, journalOf service: ServiceName) throws -> String? {
    guard let database = state.withLock({ $0.databases[service] }) else { return nil }
    return try database.server.query(statement, in: database.address)
  }

  var runFolder: String { folder + "/run" }

  /// The names of the replicas that a service may have, where it has any.
  static let replicas = ["a", "b"]

  /// The arguments of a replica: its folders, its name, and the sockets of all replicas that it follows.
  private func arguments(_ service: ServiceName, replica: String?) -> [String] {
    guard let replica else { return ["--state", stateFolder(service), "--run", runFolder] }
    let name = service.rawValue
    let follows = service.follows.flatMap { stream in
      ["events", "log"].flatMap { socket in
        [
          "--\(name)-follow-\(stream)-\(socket)",
          Self.replicas.map { "ipc://\(runFolder)/\($0)/\(stream).\(socket)" }
            .joined(separator: ","),
        ]
      }
    }
    return [
      "--state", "\(stateFolder(service))-\(replica)", "--run", "\(runFolder)/\(replica)",
      "--\(name)-replica", replica,
    ] + follows
  }

  func stateFolder(_ service: ServiceName) -> String { "\(folder)/\(service.rawValue)" }

  /// Starts a daemon, and waits for nothing.
  ///
  /// - Parameters:
  ///   - service: which one; its last run must have ended.
  ///   - replica: the name of the replica, where the service has several.
  ///   - arguments: more of them.
  ///   - environment: more variables, for this run only.
  ///   - port: the port of HTTP; 0 is any free one.
  ///   - program: its program; the service's own by default.
  ///   - wrapper: the words before the program; the last of them becomes it, under the same pid.
  ///   - descriptor: one that it has as its first after the standard ones.
  @discardableResult
  func launch(
    _ service: ServiceName, replica: String? = nil, _ arguments: [String] = [],
    environment: [String: String] = [:], port: UInt16 = 0, program: String? = nil,
    under wrapper: [String] = [], passing descriptor: Int32? = nil
  ) throws -> DaemonProcess {
    let name = service.rawValue
    let file = "\(folder)/\(name).yaml"
    if !FileManager.default.fileExists(atPath: file) {
      try Data("\(name):\n".utf8).write(to: URL(fileURLWithPath: file))
    }
    // The last word of the prefix becomes the daemon, under the same pid.
    let place = network.map { ["/usr/bin/env", "ip", "netns", "exec", $0.host(service)] } ?? []
    let words =
      place + wrapper + [
        try Programs.path(program ?? service.program), "--config", file, "--\(name)-http-port",
        "\(port)", "--\(name)-log-format", "json",
      ] + self.arguments(service, replica: replica) + (network?.arguments(service) ?? [])
      + arguments
    let child = try ChildProcess(
      words[0], Array(words.dropFirst()),
      environment: .forPrograms(
        // The barriers of the tests are lines at debug too.
        ["\(name.uppercased())_LOG_LEVEL": "debug"]
          .merging(self.environment) { $1 }.merging(environment) { $1 }),
      folder: folder, passing: descriptor)
    let process = DaemonProcess(
      service: service, replica: replica, child: child, network: network)
    state.withLock { $0.history[service, default: []].append(process) }
    return process
  }

  /// Starts a daemon, and waits until it is ready.
  @discardableResult
  func start(
    _ service: ServiceName, _ arguments: [String] = [], environment: [String: String] = [:],
    port: UInt16 = 0
  ) async throws -> DaemonProcess {
    let process = try launch(service, arguments, environment: environment, port: port)
    try await process.ready()
    return process
  }

  /// Starts several daemons at once, all four by default, and waits until they are ready.
  func start(
    all services: [ServiceName] = ServiceName.allCases, replica: String? = nil
  ) async throws {
    for process in try services.map({ try launch($0, replica: replica) }) {
      try await process.ready()
    }
  }

  /// Starts another program of this package, for example `eventually`.
  func run(_ program: String, _ arguments: [String], environment: [String: String] = [:]) throws
    -> ChildProcess
  {
    let child = try ChildProcess(
      try Programs.path(program), arguments,
      environment: .forPrograms(self.environment.merging(environment) { $1 }), folder: folder)
    state.withLock { $0.others.append(child) }
    return child
  }

  /// Starts a shell's command, in which `$0`, `$1` and so on are the words.
  func shell(
    _ command: String, _ words: [String], environment: [String: String] = [:]
  ) throws -> ChildProcess {
    let child = try ChildProcess(
      "/bin/sh", ["-c", command] + words,
      environment: .forPrograms(self.environment.merging(environment) { $1 }), folder: folder)
    state.withLock { $0.others.append(child) }
    return child
  }

  /// Ends a daemon by SIGTERM, or another polite signal, which it must obey cleanly.
  func stop(
    _ service: ServiceName, by signal: Int32 = SIGTERM,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let ending = try await self[service].terminate(signal)
    let last = self[service].lines.suffix(10).map(\.text).joined(separator: "\n")
    #expect(ending == .exited(0), "\(service): \(last)", sourceLocation: sourceLocation)
  }

  /// All runs of a service, the last one last.
  func history(_ service: ServiceName) -> [DaemonProcess] {
    state.withLock { $0.history[service] ?? [] }
  }

  /// The last run of a service, which must have been started: one that has not ended, where there is
  /// one.
  subscript(service: ServiceName) -> DaemonProcess {
    let runs = history(service)
    guard let process = runs.last(where: { !$0.child.hasEnded }) ?? runs.last else {
      preconditionFailure("the test has not started \(service)")
    }
    return process
  }

  /// The HTTP API of a service's last run; of its replicas in turn, where they alternate.
  func http(_ service: ServiceName) async throws -> HTTPClient {
    let replicas = runs(of: service)
    let turn = state.withLock { state in
      state.turns = state.turns.map { $0 + 1 }
      return state.turns
    }
    guard let turn, !replicas.isEmpty else { return try await self[service].http }
    return try await replicas[turn % replicas.count].http
  }

  /// Sends each request to another replica of its service from now on.
  func alternateReplicas() {
    state.withLock { $0.turns = 0 }
  }

  /// The runs of a service that have not ended.
  func runs(of service: ServiceName) -> [DaemonProcess] {
    history(service).filter { !$0.child.hasEnded }
  }

  /// Waits for a line of any run of a service that has not ended, written already or still to come.
  ///
  /// - Parameters:
  ///   - what: what is waited for, for the failure's sentence.
  ///   - counts: the number of first lines to skip, by the pid; none by default.
  @discardableResult
  func logged(
    _ what: String, by service: ServiceName, after counts: [pid_t: Int] = [:],
    where matches: @escaping @Sendable (OutputLine) -> Bool
  ) async throws -> OutputLine {
    let runs = runs(of: service)
    guard runs.count > 1 else {
      let run = self[service]
      return try await run.logged(what, after: counts[run.pid] ?? 0, where: matches)
    }
    return try await withThrowingTaskGroup(of: OutputLine.self) { waits in
      for run in runs {
        waits.addTask { try await run.logged(what, after: counts[run.pid] ?? 0, where: matches) }
      }
      defer { waits.cancelAll() }
      return try #require(try await waits.next())
    }
  }

  /// Kills what still runs, by its pid, and removes the folder.
  fileprivate func clear() async {
    let children = state.withLock { $0.history.values.joined().map(\.child) + $0.others }
    for child in children { child.signal(SIGKILL) }
    // Not in the test's own task, which may be cancelled.
    await Task.detached {
      for child in children { _ = try? await child.ending() }
    }.value
    try? FileManager.default.removeItem(atPath: folder)
  }
}

/// Gives a test a deployment, in which nothing runs yet, and clears it away in any case.
func withDeployment<Value: Sendable>(
  environment: [String: String] = [:], on network: Network? = nil,
  journalsOn server: PostgreSQLServer? = nil,
  _ test: (Deployment) async throws -> Value
) async throws -> Value {
  let deployment = try Deployment(
    environment: environment, network: network, journalsOn: server)
  do {
    let value = try await test(deployment)
    await deployment.clear()
    return value
  } catch {
    await deployment.clear()
    throw error
  }
}

extension [String: String] {
  /// Alpha approves by itself.
  static let automatic = ["ALPHA_APPROVAL": "automatic"]
}
