import ArgumentParser

/// A service that a command asks: one of the four by its name, or any service by its address or by
/// its place in a run directory.
enum ServiceTarget: Hashable, Sendable {
  case named(Service)
  case at(ServiceAddress)
  case running(RunningService)
}

extension ServiceTarget: CustomStringConvertible {
  /// The argument as it was given, for another command to the same service.
  var description: String {
    switch self {
    case .named(let service): service.rawValue
    case .at(let address): address.description
    case .running(let service): service.path
    }
  }
}

extension ServiceTarget: ExpressibleByArgument {
  init?(argument: String) {
    if let service = Service(rawValue: argument) {
      self = .named(service)
    } else if let address = ServiceAddress(argument) {
      self = .at(address)
    } else if let service = RunningService(argument) {
      self = .running(service)
    } else {
      return nil
    }
  }

  static var allValueStrings: [String] {
    Service.allCases.map(\.rawValue) + ["http://HOST:PORT", "RUN-DIR/NAME"]
  }

  static var defaultCompletionKind: CompletionKind { .list(Service.allCases.map(\.rawValue)) }
}
