import ArgumentParser
import Daemon

/// The addresses of services.
struct AddressOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("The port base that `up` was started with.", valueName: "port"))
  var portBase = Service.defaultPortBase

  @Option(help: ArgumentHelp("Where Alpha answers, if not here.", valueName: "url"))
  var alpha: [ServiceAddress] = []

  @Option(help: ArgumentHelp("Where Beta answers, if not here.", valueName: "url"))
  var beta: [ServiceAddress] = []

  @Option(help: ArgumentHelp("Where Charlie answers, if not here.", valueName: "url"))
  var charlie: [ServiceAddress] = []

  @Option(help: ArgumentHelp("Where Overlord answers, if not here.", valueName: "url"))
  var overlord: [ServiceAddress] = []

  @Option(help: ArgumentHelp("How long to wait for an answer.", valueName: "seconds"))
  var timeout = 10.0

  /// The options as they were given, for another command to the same services.
  var repeated: String {
    var options = portBase == Service.defaultPortBase ? [] : ["--port-base \(portBase)"]
    for service in Service.allCases {
      options += addresses(of: service).map { "--\(service) \($0)" }
    }
    return options.joined(separator: " ")
  }

  func validate() throws {
    try validatePortBase(portBase)
    try validateTimeout(timeout)
  }

  /// The client of a service; one that is named by its run directory is asked for its name first.
  // Swift 6.3.1 crashes when it optimizes a coroutine into which this one is inlined.
  @inline(never)
  func client(_ target: ServiceTarget) async throws -> ServiceClient {
    switch target {
    case .named(let service): try client(service)
    case .at(let address):
      ServiceClient(
        service: address.description, address: address, timeout: .seconds(timeout))
    case .running(let service): try await service.client(timeout: .seconds(timeout))
    }
  }

  /// The addresses at which the options say that a service answers; none where they do not.
  func addresses(of service: Service) -> [ServiceAddress] {
    switch service {
    case .alpha: alpha
    case .beta: beta
    case .charlie: charlie
    case .overlord: overlord
    }
  }

  /// - Throws: 64, where the options name several addresses, of which this command asks one.
  func client(_ service: Service) throws(Failure) -> ServiceClient {
    let clients = clients(service, replicas: 1)
    guard let client = clients.first, clients.count == 1 else {
      throw Failure(
        .usage,
        """
        --\(service) is given \(clients.count) times, and this command asks one replica: name one that \
        answers. `eventually status` takes several.
        """)
    }
    return client
  }

  /// The clients of a service's replicas, at the addresses of the options or at the ports of `up`.
  ///
  /// - Parameters:
  ///   - service: the service.
  ///   - replicas: the number that `up` was started with.
  func clients(_ service: Service, replicas: Int) -> [ServiceClient] {
    let named = addresses(of: service).map { (name: UpReplicas.unknownName, address: $0) }
    let places =
      named.isEmpty
      ? UpReplicas.names(replicas).enumerated().compactMap { index, name in
        ServiceAddress(service.address(base: portBase + index * UpReplicas.portsApart))
          .map { (name: name, address: $0) }
      } : named
    return places.map { place in
      ServiceClient(
        service: service.rawValue, address: place.address,
        replica: places.count > 1 ? place.name : nil, timeout: .seconds(timeout))
    }
  }
}

/// Whether a text can be a service's name: another team's too.
func isServiceName(_ text: String) -> Bool {
  !text.isEmpty && text.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "-") }
}
