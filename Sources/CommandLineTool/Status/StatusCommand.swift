import ArgumentParser
import Daemon
import Events
import FoundationEssentials
import Runtime

/// `eventually status`: the status of the services, and what requires an operator.
struct StatusCommand: ServiceCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Show the state of each service and of its streams, and what requires an operator.",
    usage: "eventually status [<service> ...] [<options>]",
    discussion: """
      What requires an operator comes first, with the command for it; then a table of the services, \
      and their streams.

      The events/s of each service's log need two looks: --watch shows them from the second look \
      on, and --rates looks twice, a second apart. Without them there is no such column.

      Each replica of a service has a line: with --replicas those that `up --replicas` started, or \
      those at the addresses of a repeated option. A service can be reached when one of its replicas \
      can; another one that cannot requires an operator.

      The exit code is 0 without a problem; 1 when something requires an operator; 69 when a \
      service cannot be reached. With --format nagios it is 0, 1 or 2, as its plug-ins have them: \
      well, something requires an operator, a service cannot be reached.

      EXAMPLES
        eventually status
        eventually status --watch
        eventually status --rates
        eventually status beta charlie --json
        eventually status --format nagios
        eventually status --replicas 2
        eventually status beta --beta http://one:3992 --beta http://two:3992
      """)

  @Argument(
    help: ArgumentHelp(
      "The services to ask, by name or address; the four by default.", valueName: "service"))
  var services: [ServiceTarget] = []

  /// The forms of the output.
  enum Form: String, CaseIterable, ExpressibleByArgument, Sendable {
    case text, json, nagios
  }

  @Flag(help: "Print a JSON object for each service on a line.")
  var json = false

  @Option(help: ArgumentHelp("How to print: text, json or nagios.", valueName: "form"))
  var format: Form?

  @Flag(help: "Show the status again every two seconds, until Ctrl-C.")
  var watch = false

  @Flag(help: "Look twice, a second apart, and show the events/s of each log.")
  var rates = false

  @Option(
    help: ArgumentHelp(
      "How many replicas of each service `up` was started with.", valueName: "number"))
  var replicas = 1

  @OptionGroup var addresses: AddressOptions

  func validate() throws {
    guard (1...UpReplicas.limit).contains(replicas) else {
      throw ValidationError(
        "--replicas \(replicas): choose a number from 1 to \(UpReplicas.limit).")
    }
    if json, let format, format != .json {
      throw ValidationError("--json and --format \(format.rawValue) do not go together.")
    }
    if watch && form != .text { throw ValidationError("--watch shows text: leave the form out.") }
    if rates && (watch || form == .nagios) {
      throw ValidationError(
        "--rates and \(watch ? "--watch" : "--format nagios") do not go together: leave one out.")
    }
  }

  private var form: Form { format ?? (json ? .json : .text) }

  func perform() async throws {
    let targets = services.isEmpty ? Service.allCases.map(ServiceTarget.named) : services
    var clients: [ServiceClient] = []
    for target in targets {
      if case .named(let service) = target {
        clients += addresses.clients(service, replicas: replicas)
      } else {
        clients.append(try await addresses.client(target))
      }
    }
    guard !watch else { return await show(clients) }
    var statuses = await Self.statuses(clients)
    if rates {
      await Latch().wait(atMost: .seconds(1))
      statuses = await Self.statuses(clients, since: statuses)
    }
    let report = StatusReport(statuses: statuses, options: addresses.repeated)
    switch form {
    case .text: for line in report.lines { Output.data.line(line) }
    case .json: for status in report.statuses { Output.data.line(status.jsonLine) }
    case .nagios:
      Output.data.line(report.nagios.line)
      guard report.nagios.code == 0 else { throw ExitCode(report.nagios.code) }
      return
    }
    if let failure = Self.failure(of: report.statuses) { throw failure }
  }

  /// Shows the status again and again, a terminal's in place.
  private func show(_ clients: [ServiceClient]) async {
    var statuses: [ServiceStatus] = []
    while !Task.isCancelled {
      statuses = await Self.statuses(clients, since: statuses)
      let report = StatusReport(statuses: statuses, options: addresses.repeated)
      let clear = Output.data.isTerminal ? "\u{1b}[H\u{1b}[J" : ""
      guard Output.data.line(clear + report.lines.joined(separator: "\n")) else { return }
      await Latch().wait(atMost: .seconds(2))
    }
  }

  /// Asks the services.
  ///
  /// - Parameter earlier: their statuses of a look before, by which the events/s are known.
  static func statuses(
    _ clients: [ServiceClient], since earlier: [ServiceStatus] = []
  ) async -> [ServiceStatus] {
    let found = await withTaskGroup(of: (Int, ServiceStatus).self) { tasks in
      for (index, client) in clients.enumerated() {
        tasks.addTask { (index, await ServiceStatus(asking: client)) }
      }
      return await tasks.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
    return clients.indices.compactMap { index in
      earlier.isEmpty ? found[index] : found[index]?.withRate(since: earlier[index])
    }
  }

  /// The failure with which the command ends; nil without a problem.
  static func failure(of statuses: [ServiceStatus]) -> Failure? {
    var away: [String] = []
    // The replicas of a service are away together.
    for service in statuses.away.map(\.service) where !away.contains(service) {
      away.append(service)
    }
    guard away.isEmpty else {
      return Failure(.unreachable, "\(away.joined(separator: ", ")) cannot be reached")
    }
    let needy = statuses.filter { !$0.needs.isEmpty || $0.unreachable != nil }.map(\.name)
    guard needy.isEmpty else {
      return Failure(
        .refused, "\(needy.joined(separator: ", ")): an operator is required, see above")
    }
    return nil
  }
}

extension ServiceStatus {
  /// Asks a service how it is.
  fileprivate init(asking client: ServiceClient) async {
    let service = client.service
    let address = client.address.description
    do {
      // A service that is not ready has answered too.
      let ready = JSONValue(try await client.get("/readyz").body)
      let bus = try await OperatorRequest(client).get("/api/bus")
      let lookedAt = RuntimeContext.system.uptime()
      let metrics = try? await client.get("/metrics")
      let samples = MetricSamples(String(decoding: metrics?.body ?? Data(), as: UTF8.self))
      var vitals =
        metrics?.status == 200 ? Vitals(samples, now: RuntimeContext.system.now()) : nil
      var stuck: [String: StuckOrder] = [:]
      for state in vitals?.stuckStates ?? [] {
        stuck[state] = await StuckOrder.oldest(in: state, asking: client)
      }
      if !stuck.isEmpty { vitals?.stuckOrders = stuck }
      self.init(
        bus["stream"]?["name"]?.string ?? service, at: address, ready: ready ?? .null, bus: bus,
        vitals: vitals)
      replica = client.replica.map { bus["replica"]?.string ?? $0 }
      self.lookedAt = lookedAt
    } catch {
      let unit = Folders.ofThisProcess.unitStatus(of: client).map { " (see: \($0))" } ?? ""
      self.init(service, at: address, unreachable: "\(error)\(unit)")
      replica = client.replica
    }
  }
}
