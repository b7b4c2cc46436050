import ArgumentParser
import Daemon

/// The endpoints of a sniffer: the events that it receives, and the logs that it reads.
struct SniffSources: Hashable, Sendable {
  /// PUB/SUB endpoints.
  let events: [String]
  /// Endpoints of logs.
  let logs: [String]
  /// The streams that are expected: those of services that are named, and not found by an endpoint.
  let streams: [String]

  /// The named endpoints; without them, those of the services in a run directory.
  init(run: String, services: [String], events: [String] = [], logs: [String] = []) {
    let byName = events.isEmpty && logs.isEmpty
    streams = byName ? services : []
    self.events = byName ? services.map { "ipc://\(run)/\($0).events" } : events
    self.logs = byName ? services.map { "ipc://\(run)/\($0).log" } : logs
  }
}

extension SniffSources {
  /// The endpoints of events that are not there yet.
  ///
  /// - Parameter all: whether the logs are read too.
  /// - Throws: 69 for a socket that this user may not use, or that is none.
  func missing(all: Bool) throws(Failure) -> [String] {
    for endpoint in all ? events + logs : events { try SocketPlace(endpoint)?.check() }
    return events.filter { SocketPlace($0)?.finding == .missing }
  }
}

/// The options by which a command finds the services.
struct SourceOptions: ParsableArguments {
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("The services to listen to.", valueName: "name"))
  var service = [Service.alpha.rawValue, Service.beta.rawValue, Service.charlie.rawValue]

  @Option(
    help: ArgumentHelp("Listen to this endpoint, to no service by name.", valueName: "endpoint"))
  var connect: [String] = []

  @Option(
    help: ArgumentHelp("Read this log, and no service's by name.", valueName: "endpoint"))
  var log: [String] = []

  @Option(help: ArgumentHelp("The folder of the sockets.", valueName: "dir"))
  var run: String?

  @Option(help: ArgumentHelp("The state folder of `up`.", valueName: "dir"))
  var state: String?

  func validate() throws {
    if let name = service.first(where: { !isServiceName($0) }) {
      throw ValidationError(Self.noName(name))
    }
    if run != nil && state != nil {
      throw ValidationError("--run and --state do not go together: --state DIR means DIR/run.")
    }
  }

  private static func noName(_ text: String) -> String {
    let opening = "--service \(text): write a service's name, for example alpha"
    if text.contains("://") {
      return "\(opening). An endpoint of events is --connect ENDPOINT, for example "
        + "tcp://127.0.0.1:5556; a log's is --log ENDPOINT."
    }
    guard let place = RunningService(text) else { return opening + "." }
    let folder = String(place.path.dropLast(place.name.count + 1))
    return "\(opening). A service in a run directory is --run "
      + "\((folder.isEmpty ? "/" : folder).quotedForShell) --service \(place.name)."
  }

  /// - Throws: ``Failure``: 69 or 64, where the services' sockets cannot be found.
  func sources() throws -> SniffSources {
    let folder = absolute(
      Folders.ofThisProcess.run(run, state: state), in: Folders.ofThisProcess.working)
    if connect.isEmpty && log.isEmpty { try SocketFolder(folder).check(service) }
    return SniffSources(run: folder, services: service, events: connect, logs: log)
  }
}
