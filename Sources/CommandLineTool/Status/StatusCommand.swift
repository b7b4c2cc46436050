import ArgumentParser
import Events

/// `eventually status`: the status of the services, and what requires an operator.
struct StatusCommand: ServiceCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Show the state of each service and of its streams, and what requires an operator.",
    discussion: """
      The exit code is 0 without a problem; 1 when something requires an operator, with the \
      command for it; 69 when a service cannot be reached.

      EXAMPLES
        eventually status
        eventually status beta charlie --json
      """)

  @Argument(help: ArgumentHelp("The services to ask; all by default.", valueName: "service"))
  var services: [Service] = []

  @Flag(help: "Print a JSON object for each service on a line.")
  var json = false

  @OptionGroup var addresses: AddressOptions

  func perform() async throws {
    let asked = services.isEmpty ? Service.allCases : services
    let clients = try asked.map(addresses.client)
    let found = await withTaskGroup(of: (Int, ServiceStatus).self) { tasks in
      for (index, client) in clients.enumerated() {
        tasks.addTask { (index, await ServiceStatus(asking: client)) }
      }
      return await tasks.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
    let statuses = asked.indices.compactMap { found[$0] }
    for status in statuses {
      for line in json ? [status.jsonLine] : status.lines { Output.data.line(line) }
    }
    if let failure = Self.failure(of: statuses) { throw failure }
  }

  /// The failure with which the command ends; nil without a problem.
  static func failure(of statuses: [ServiceStatus]) -> Failure? {
    let away = statuses.filter { $0.unreachable != nil }.map(\.service)
    guard away.isEmpty else {
      return Failure(.unreachable, "\(away.joined(separator: ", ")) cannot be reached")
    }
    let needy = statuses.filter { !$0.needs.isEmpty }.map(\.service)
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
    let service = client.service.rawValue
    let address = client.address.description
    do {
      // A service that is not ready has answered too.
      let ready = JSONValue(try await client.get("/readyz").body)
      let bus = try await OperatorRequest(client).get("/api/bus")
      self.init(service, at: address, ready: ready ?? .null, bus: bus)
    } catch {
      self.init(service, at: address, unreachable: "\(error)")
    }
  }
}
