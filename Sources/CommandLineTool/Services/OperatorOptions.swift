import ArgumentParser
import Daemon
import Events

/// The options by which an operator's command finds the socket on which a service takes it.
///
/// The socket is in the run directory, and so on the service's machine: RUN/NAME.operator.
struct OperatorOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The folder of the sockets.", valueName: "dir"))
  var run: String?

  @Option(help: ArgumentHelp("The state folder of `up`.", valueName: "dir"))
  var state: String?

  @OptionGroup var addresses: AddressOptions

  func validate() throws {
    if run != nil && state != nil {
      throw ValidationError("--run and --state do not go together: --state DIR means DIR/run.")
    }
  }

  /// The client of a service's socket for operators.
  ///
  /// A service that is named by its address is asked for the path of its socket first, unless the
  /// folder is named too.
  ///
  /// - Throws: 69, where the socket is not there, or is another service's, or may not be used.
  // Swift 6.3.1 crashes when it optimizes a coroutine into which this one is inlined.
  @inline(never)
  func client(_ target: ServiceTarget) async throws -> ServiceClient {
    switch target {
    case .running(let service):
      return try client(of: service.name, at: absolute(service.path, in: working) + ".operator")
    case .named(let service) where isNamedByFolder(service):
      return try client(of: service.rawValue, at: "\(folder)/\(service).operator")
    case .named, .at: return try await client(behind: try await addresses.client(target))
    }
  }

  private var working: String { Folders.ofThisProcess.working }

  private var folder: String {
    absolute(Folders.ofThisProcess.run(run, state: state), in: working)
  }

  private func isNamedByFolder(_ service: Service) -> Bool {
    let hasAddress =
      !addresses.addresses(of: service).isEmpty || addresses.portBase != Service.defaultPortBase
    return run != nil || state != nil || !hasAddress
  }

  /// - Throws: 69, where there is no such socket, or this user may not use it.
  private func client(of service: String, at path: String) throws(Failure) -> ServiceClient {
    let place = SocketPlace(path: path)
    guard place.finding != .missing else {
      throw Failure(
        .unreachable,
        """
        there is no socket \(path), and so no \(service) that takes this command here. Start it, or \
        name the folder of its sockets with --run DIR.
        """)
    }
    try place.check()
    return ServiceClient(
      service: service, address: ServiceAddress(socket: path), timeout: .seconds(addresses.timeout))
  }

  /// The client of the socket of a service that answers at an address.
  ///
  /// A path of another machine may be that of another service here: both must have one history.
  private func client(behind other: ServiceClient) async throws -> ServiceClient {
    let bus = try await OperatorRequest(other).get("/api/bus")
    let path = (run ?? state).flatMap { _ in
      bus["stream"]?["name"]?.string.map { "\(folder)/\($0).operator" }
    }
    guard let path = path ?? bus["operatorSocket"]?.string else {
      throw Failure(
        .unreachable, "\(other.address) names no socket on which it takes this command")
    }
    do {
      let client = try client(of: other.service, at: path)
      let stream = try await OperatorRequest(client).get("/api/bus")["stream"]
      if stream?["epoch"] == bus["stream"]?["epoch"], stream?["name"] == bus["stream"]?["name"] {
        return client
      }
    } catch let failure as Failure where SocketPlace(path: path).finding != .missing {
      throw failure
    } catch is Failure {}
    throw Failure(
      .unreachable,
      """
      \(path) is not a socket of the service at \(other.address) on this machine. Run this command \
      on the machine of that service: its address is not enough.
      """)
  }
}
