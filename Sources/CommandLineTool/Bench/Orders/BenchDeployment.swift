import Daemon
import Events
import FoundationEssentials
import Glibc
import Subprocess
import Synchronization
import SystemPackage

/// The four daemons, with the configuration of `eventually up` and state in a benchmark's folder.
struct BenchDeployment: Sendable {
  private let folder: BenchFolder
  private let plan: UpPlan
  private let group: pid_t
  private let extraArguments: @Sendable (Service) -> [String]
  private let stop = Latch()

  /// The time in which the daemons must be ready.
  private static let patience = Duration.seconds(30)
  /// The connections that a daemon takes from the load generator.
  private static let connections = 16_384

  /// - Parameters:
  ///   - group: the process group that does not outlive this process.
  ///   - arguments: what each daemon gets beside the settings of every run.
  init(
    in folder: BenchFolder, group: pid_t, arguments: @escaping @Sendable (Service) -> [String]
  ) throws {
    self.folder = folder
    self.group = group
    extraArguments = arguments
    let programs = try Installation.ofThisProcess()
    try programs.checkDaemons()
    // The configuration of the working directory does not count: figures are of the defaults.
    plan = try Self.planWithFreePorts(
      state: folder.path,
      programs: Installation(
        folder: programs.folder,
        folders: Folders(
          working: folder.path, environment: Folders.ofThisProcess.environment,
          exists: { $0.hasPrefix(folder.path) })))
    try makeFolder("\(folder.path)/config", mode: 0o700, remedy: "Name another with --folder.")
    for service in Service.allCases {
      let file = URL(fileURLWithPath: "\(folder.path)/config/\(service).yaml")
      try Data("\(service):\n".utf8).write(to: file)
    }
  }

  private static func planWithFreePorts(state: String, programs: Installation) throws -> UpPlan {
    // Below the ports that the kernel gives to connections, and apart from other benchmarks.
    let first = 20_000 + Int(getpid()) % 1000 * 10
    for base in stride(from: first, to: first + 1000, by: 10) {
      let plan = UpPlan(state: state, portBase: base, programs: programs)
      if (try? plan.checkPorts()) != nil { return plan }
    }
    throw Failure(.configuration, "four ports in a row are not free after \(first).")
  }

  /// The sockets' folder.
  var run: String { plan.run }

  func client(_ service: Service) throws -> ServiceClient {
    ServiceClient(service: service, address: try address(service), timeout: .seconds(10))
  }

  func address(_ service: Service) throws -> ServiceAddress {
    guard let address = ServiceAddress(service.address(base: plan.portBase)) else {
      throw Failure(.configuration, "\(service) has no address.")
    }
    return address
  }

  /// Runs the daemons for as long as `body` runs.
  ///
  /// - Parameter body: takes the CPU clock of each daemon, when all of them are ready.
  func running<Value: Sendable>(
    _ body: @escaping @Sendable ([Service: ProcessClock]) async throws -> Value
  ) async throws -> Value {
    let clocks = Clocks()
    return try await withThrowingTaskGroup(of: Void.self) { daemons in
      for service in Service.allCases {
        daemons.addTask { try await run(service) { clocks.add($0, of: service) } }
      }
      try await awaitReadiness()
      let value = try await body(clocks.all)
      stop.open()
      try await daemons.waitForAll()
      return value
    }
  }

  private func run(_ service: Service, started: (pid_t) -> Void) async throws {
    let log = try FileDescriptor.open(
      FilePath(logFile(service)), .writeOnly, options: [.create, .append],
      permissions: .ownerReadWrite)
    defer { try? log.close() }
    var options = PlatformOptions()
    options.processGroupID = group
    options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(12))]
    _ = try await Subprocess.run(
      .path(FilePath(plan.programs.daemon(service))),
      arguments: Arguments(plan.arguments(UpMember(service)) + arguments(service)),
      environment: .inherit.updating(["NOTIFY_SOCKET": nil]), platformOptions: options,
      input: .none, output: .fileDescriptor(log, closeAfterSpawningProcess: false),
      error: .combinedWithOutput
    ) { process in
      started(process.processIdentifier.value)
      await stop.wait()
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

  private func logFile(_ service: Service) -> String { "\(folder.path)/\(service).log" }

  private func awaitReadiness() async throws {
    let patience = Patience(Self.patience, RuntimeContext.system.uptime)
    for service in Service.allCases {
      let client = try client(service)
      let isReady = try await patience.untilFound(graceful: true) {
        (try? await client.get("/readyz").status) == 200 ? .found(true) : .notYet
      }
      guard isReady != nil else { throw notReady(service) }
    }
  }

  private func notReady(_ service: Service) -> Failure {
    let log = (try? Data(contentsOf: URL(fileURLWithPath: logFile(service)))) ?? Data()
    let last = String(decoding: log, as: UTF8.self).split(separator: "\n").last.map(String.init)
    return Failure(
      .timedOut,
      """
      \(service) is not ready after \(Self.patience.inSeconds). Its last line: \
      \(LastWords.message(last ?? "none"))
      """)
  }
}

/// The CPU clocks of the daemons that were started.
private final class Clocks: Sendable {
  private let clocks = Mutex<[Service: ProcessClock]>([:])

  var all: [Service: ProcessClock] { clocks.withLock(\.self) }

  func add(_ process: pid_t, of service: Service) {
    clocks.withLock { $0[service] = ProcessClock(of: process) }
  }
}
