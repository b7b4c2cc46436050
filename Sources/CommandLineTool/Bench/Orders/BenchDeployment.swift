import Daemon
import Events
import FoundationEssentials
import Glibc
import Journal
import Subprocess
import SystemPackage

/// The four daemons, with the configuration of `eventually up` and state in a benchmark's folder.
struct BenchDeployment: Sendable {
  private let folder: BenchFolder
  private let plan: UpPlan
  private let group: pid_t
  private let extraArguments: @Sendable (Service) -> [String]
  /// The databases of the journals, where they are no files.
  private let databases: [Service: PostgreSQLAddress]
  private let lives = DaemonLives()

  /// The time in which the daemons must be ready.
  private static let patience = Duration.seconds(30)
  /// The connections that a daemon takes from the load generator.
  private static let connections = 16_384

  /// - Parameters:
  ///   - group: the process group that does not outlive this process.
  ///   - replicas: the replicas of each service; nil for one process of each, with a file.
  ///   - arguments: what each daemon gets beside the settings of every run.
  init(
    in folder: BenchFolder, group: pid_t, replicas: UpReplicas? = nil,
    arguments: @escaping @Sendable (Service) -> [String]
  ) throws {
    self.folder = folder
    self.group = group
    extraArguments = arguments
    let programs = try Installation.ofThisProcess()
    try programs.checkDaemons()
    // The configuration of the working directory does not count: figures are of the defaults.
    plan = try Self.planWithFreePorts(
      state: folder.path, replicas: replicas,
      programs: Installation(
        folder: programs.folder,
        folders: Folders(
          working: folder.path, environment: Folders.ofThisProcess.environment,
          exists: { $0.hasPrefix(folder.path) })))
    databases = try replicas?.makeDatabases() ?? [:]
    try makeFolder("\(folder.path)/config", mode: 0o700, remedy: "Name another with --folder.")
    for service in Service.allCases {
      let file = URL(fileURLWithPath: "\(folder.path)/config/\(service).yaml")
      try Data("\(service):\n".utf8).write(to: file)
    }
  }

  private static func planWithFreePorts(
    state: String, replicas: UpReplicas?, programs: Installation
  ) throws -> UpPlan {
    // Below the ports that the kernel gives to connections, and apart from other benchmarks.
    let first = 20_000 + Int(getpid()) % 1000 * 10
    for base in stride(from: first, to: first + 1000, by: 10) {
      let plan = UpPlan(state: state, portBase: base, programs: programs, replicas: replicas)
      if (try? plan.checkPorts()) != nil { return plan }
    }
    throw Failure(.configuration, "four ports in a row are not free after \(first).")
  }

  /// The folders of the sockets, one for each replica.
  var runs: [String] { names.map { "\(plan.folder(of: $0))/run" } }

  /// The names of the replicas; nil alone where there is one process of each service.
  private var names: [String?] { plan.replicas?.names ?? [nil] }

  /// A client of a service's first replica.
  func client(_ service: Service) throws -> ServiceClient {
    try client(UpMember(service, replica: names[0]))
  }

  /// The clients of a service's replicas.
  func clients(_ service: Service) throws -> [ServiceClient] {
    try names.map { try client(UpMember(service, replica: $0)) }
  }

  private func client(_ member: UpMember) throws -> ServiceClient {
    ServiceClient(service: member.service, address: try address(member), timeout: .seconds(10))
  }

  /// The addresses of a service's replicas.
  func addresses(_ service: Service) throws -> [ServiceAddress] {
    try names.map { try address(UpMember(service, replica: $0)) }
  }

  private func address(_ member: UpMember) throws -> ServiceAddress {
    guard let address = ServiceAddress(plan.address(of: member)) else {
      throw Failure(.configuration, "\(member) has no address.")
    }
    return address
  }

  /// Removes the databases of the journals.
  func removeDatabases() {
    for database in databases.values { try? plan.replicas?.remove(database) }
  }

  /// Runs the daemons for as long as `body` runs.
  ///
  /// - Parameter body: takes the CPU clock of each daemon, when all of them are ready.
  func running<Value: Sendable>(
    _ body: @escaping @Sendable ([UpMember: ProcessClock]) async throws -> Value
  ) async throws -> Value {
    try await withThrowingTaskGroup(of: Void.self) { daemons in
      for member in plan.members {
        daemons.addTask {
          repeat { try await run(member) } while await lives.returns(member)
        }
      }
      for member in plan.members { try await awaitReadiness(member) }
      let value = try await body(lives.clocks)
      lives.end()
      try await daemons.waitForAll()
      return value
    }
  }

  /// Kills a daemon, which is started again after its absence.
  ///
  /// - Throws: 1, where it does not run.
  func kill(_ member: UpMember, until absence: DaemonLives.Absence) throws(Failure) {
    guard lives.kill(member, until: absence) else {
      throw Failure(.refused, "\(member) has ended by itself.")
    }
  }

  private func run(_ member: UpMember) async throws {
    let log = try FileDescriptor.open(
      FilePath(logFile(member)), .writeOnly, options: [.create, .append],
      permissions: .ownerReadWrite)
    defer { try? log.close() }
    var options = PlatformOptions()
    options.processGroupID = group
    options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(12))]
    _ = try await Subprocess.run(
      .path(FilePath(plan.programs.daemon(member.service))),
      arguments: Arguments(plan.arguments(member) + arguments(member.service)),
      environment: .inherit.updating(
        DaemonProcess.variables(plan.environment(member, in: databases))),
      platformOptions: options,
      input: .none, output: .fileDescriptor(log, closeAfterSpawningProcess: false),
      error: .combinedWithOutput
    ) { process in
      await lives.begin(member, process: process.processIdentifier.value).wait()
      try? process.send(signal: .terminate)
    }
  }

  private func arguments(_ service: Service) -> [String] {
    let limits = [
      "--\(service)-http-connections", "\(Self.connections)",
      "--\(service)-http-clientconnections", "\(Self.connections)",
    ]
    return limits + (service == .alpha ? ["--alpha-approval", "automatic"] : [])
      + extraArguments(service)
  }

  private func logFile(_ member: UpMember) -> String { "\(folder.path)/\(member).log" }

  /// Waits until a daemon is ready.
  ///
  /// - Throws: 75, with its last line.
  func awaitReadiness(_ member: UpMember) async throws {
    let patience = Patience(Self.patience, RuntimeContext.system.uptime)
    let client = try client(member)
    let isReady = try await patience.untilFound(graceful: true) {
      (try? await client.get("/readyz").status) == 200 ? .found(true) : .notYet
    }
    guard isReady != nil else { throw notReady(member) }
  }

  private func notReady(_ member: UpMember) -> Failure {
    let log = (try? Data(contentsOf: URL(fileURLWithPath: logFile(member)))) ?? Data()
    let last = String(decoding: log, as: UTF8.self).split(separator: "\n").last.map(String.init)
    return Failure(
      .timedOut,
      """
      \(member) is not ready after \(Self.patience.inSeconds). Its last line: \
      \(LastWords.message(last ?? "none"))
      """)
  }
}
