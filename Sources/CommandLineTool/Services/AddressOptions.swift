import ArgumentParser
import Daemon

/// The addresses of services.
struct AddressOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("The port base that `up` was started with.", valueName: "port"))
  var portBase = Service.defaultPortBase

  @Option(help: ArgumentHelp("Where Alpha answers, if not here.", valueName: "url"))
  var alpha: ServiceAddress?

  @Option(help: ArgumentHelp("Where Beta answers, if not here.", valueName: "url"))
  var beta: ServiceAddress?

  @Option(help: ArgumentHelp("Where Charlie answers, if not here.", valueName: "url"))
  var charlie: ServiceAddress?

  @Option(help: ArgumentHelp("Where Overlord answers, if not here.", valueName: "url"))
  var overlord: ServiceAddress?

  @Option(help: ArgumentHelp("How long to wait for an answer.", valueName: "seconds"))
  var timeout = 10.0

  /// The options as they were given, for another command to the same services.
  var repeated: String {
    var options = portBase == Service.defaultPortBase ? [] : ["--port-base \(portBase)"]
    for (service, address) in [("alpha", alpha), ("beta", beta), ("charlie", charlie)] {
      if let address { options.append("--\(service) \(address)") }
    }
    if let overlord { options.append("--overlord \(overlord)") }
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

  /// The address at which the options say that a service answers; nil where they do not.
  func address(of service: Service) -> ServiceAddress? {
    switch service {
    case .alpha: alpha
    case .beta: beta
    case .charlie: charlie
    case .overlord: overlord
    }
  }

  func client(_ service: Service) throws(Failure) -> ServiceClient {
    guard let address = address(of: service) ?? ServiceAddress(service.address(base: portBase))
    else {
      throw Failure(.usage, "--\(service) is no address")
    }
    return ServiceClient(service: service, address: address, timeout: .seconds(timeout))
  }
}

/// Whether a text can be a service's name: another team's too.
func isServiceName(_ text: String) -> Bool {
  !text.isEmpty && text.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "-") }
}
