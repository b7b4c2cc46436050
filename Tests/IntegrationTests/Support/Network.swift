import Glibc
import Synchronization

/// Four hosts, one for each service, each a network namespace with a cable to a switch in a fifth.
///
/// Nothing of it is in the namespace of the tests.
final class Network: Sendable {
  private let prefix = "ev\(getpid())"
  private let relays = Mutex<[UInt16: Relay]>([:])

  fileprivate var hub: String { prefix + "-hub" }

  /// The name of a service's namespace.
  func host(_ service: ServiceName) -> String { "\(prefix)-\(service)" }

  private func address(_ service: ServiceName) -> String {
    "10.77.0.\((ServiceName.allCases.firstIndex(of: service) ?? 0) + 1)"
  }

  /// The settings with which a daemon publishes to the others and follows them.
  func arguments(_ service: ServiceName) -> [String] {
    let own = ["events": 5001, "log": 5002].flatMap {
      ["--\(service)-bus-\($0.key)", "tcp://\(address(service)):\($0.value)"]
    }
    let followed = service.follows.flatMap { stream in
      ["events": 5001, "log": 5002].flatMap {
        ["--\(service)-follow-\(stream)-\($0.key)", "tcp://\(address(stream)):\($0.value)"]
      }
    }
    return own + followed + ["--\(service)-bus-insecure", "true"]
  }

  /// The address at which the tests reach a port of a host's loopback.
  func reach(_ port: UInt16, of service: ServiceName) throws -> UInt16 {
    try relays.withLock { relays in
      let relay = try relays[port] ?? Relay(to: port, in: host(service))
      relays[port] = relay
      return relay.port
    }
  }

  /// Pulls a service's cable out of the switch.
  func cut(_ service: ServiceName) async throws {
    try await command("ip", "-n", hub, "link", "set", service.rawValue, "down")
  }

  /// Puts it in again.
  func mend(_ service: ServiceName) async throws {
    try await command("ip", "-n", hub, "link", "set", service.rawValue, "up")
  }

  /// Loses all packets from one service to another, and only that way: their address has no host.
  func lose(from service: ServiceName, to other: ServiceName) async throws {
    try await command(
      "ip", "-n", host(service), "neigh", "replace", address(other), "lladdr", "02:00:00:00:00:77",
      "nud", "permanent", "dev", "net")
  }

  /// Lets it through again.
  func find(from service: ServiceName, to other: ServiceName) async throws {
    try await command(
      "ip", "-n", host(service), "neigh", "delete", address(other), "dev", "net")
  }
}

extension Network {
  fileprivate func build() async throws {
    try await command("ip", "-n", hub, "link", "add", "switch", "type", "bridge")
    try await command("ip", "-n", hub, "link", "set", "switch", "up")
    for service in ServiceName.allCases {
      let host = host(service)
      let port = service.rawValue
      try await command(
        "ip", "-n", hub, "link", "add", port, "type", "veth", "peer", "name", "net", "netns", host)
      try await command("ip", "-n", hub, "link", "set", port, "master", "switch", "up")
      try await command("ip", "-n", host, "address", "add", address(service) + "/24", "dev", "net")
      for device in ["lo", "net"] {
        try await command("ip", "-n", host, "link", "set", device, "up")
      }
    }
  }

  fileprivate func withNamespaces<Value>(
    _ names: ArraySlice<String>, _ body: () async throws -> Value
  ) async throws -> Value {
    guard let name = names.first else { return try await body() }
    return try await withUndoing(["ip", "netns", "delete", name]) {
      try await command("ip", "netns", "add", name)
    } _: {
      try await withNamespaces(names.dropFirst(), body)
    }
  }
}

/// Builds the network for as long as the body runs.
func withNetwork<Value>(_ body: (Network) async throws -> Value) async throws -> Value {
  let network = Network()
  let names = [ServiceName.allCases.map(network.host), [network.hub]].joined()
  return try await network.withNamespaces(Array(names)[...]) {
    try await network.build()
    return try await body(network)
  }
}

/// Whether this user may make networks, as root outside a strict container may.
func mayMakeNetworks() async -> Bool {
  let made: Void? = try? await withNetwork { _ in }
  return made != nil
}
