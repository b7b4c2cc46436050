/// What can be known of an endpoint before libzmq is asked.
enum Endpoint {
  /// The longest path of a Unix socket, in bytes: `sun_path` has 108, and one is for the end.
  static let longestPath = 107

  /// Whether libzmq closes its listener in another thread.
  static func hasListener(_ endpoint: String) -> Bool {
    endpoint.hasPrefix("ipc://") || endpoint.hasPrefix("tcp://")
  }

  /// Looks at what libzmq's own error does not say.
  static func check(_ endpoint: String, for operation: String) throws(ZeroMQError) {
    guard endpoint.hasPrefix("ipc://") else { return }
    let count = endpoint.utf8.count - "ipc://".utf8.count
    guard count > longestPath else { return }
    throw ZeroMQError(
      .pathTooLong, operation: operation, endpoint: endpoint,
      reason: "the path has \(count) bytes, and a socket's path has at most \(longestPath)")
  }
}
