/// The checks of an endpoint before libzmq is called.
enum Endpoint {
  /// The longest path of a Unix socket, in bytes: `sun_path` has 108, and one is for the end.
  static let longestPath = 107

  /// Whether libzmq listens there in a thread of its own.
  static func hasListener(_ endpoint: String) -> Bool {
    endpoint.hasPrefix("ipc://") || endpoint.hasPrefix("tcp://")
  }

  /// Whether all are ipc, so that the kernel knows the peers.
  static func areFiles(_ endpoints: [String]) -> Bool {
    endpoints.allSatisfy { $0.hasPrefix("ipc://") }
  }

  /// Whether it is an IPv6 address, `tcp://[::1]:5000`.
  static func isIPv6(_ endpoint: String) -> Bool {
    endpoint.hasPrefix("tcp://[")
  }

  /// Checks errors that libzmq accepts or does not name.
  static func check(_ endpoint: String, for operation: String) throws(ZeroMQError) {
    if endpoint.hasPrefix("ipc://") {
      try checkPath(of: endpoint, for: operation)
    } else if endpoint.hasPrefix("tcp://") {
      try checkPort(of: endpoint, for: operation)
    }
  }

  private static func checkPath(
    of endpoint: String, for operation: String
  ) throws(ZeroMQError) {
    let count = endpoint.utf8.count - "ipc://".utf8.count
    guard count > longestPath else { return }
    throw ZeroMQError(
      .pathTooLong, operation: operation, endpoint: endpoint,
      reason: "the path has \(count) bytes, and a socket's path has at most \(longestPath)")
  }

  /// libzmq takes the lower 16 bits of any number, and so another port.
  private static func checkPort(
    of endpoint: String, for operation: String
  ) throws(ZeroMQError) {
    guard let colon = endpoint.lastIndex(of: ":") else { return }
    let text = endpoint[endpoint.index(after: colon)...]
    guard let port = Int(text), port > UInt16.max else { return }
    throw ZeroMQError(
      .invalidEndpoint, operation: operation, endpoint: endpoint,
      reason: "a port is at most \(UInt16.max)")
  }
}
