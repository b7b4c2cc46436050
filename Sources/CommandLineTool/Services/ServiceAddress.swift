import ArgumentParser
import FoundationEssentials

/// The HTTP address of a service: `http://127.0.0.1:3992`.
struct ServiceAddress: Hashable, Sendable, CustomStringConvertible {
  let host: String
  let port: Int
  /// The Unix socket that is used instead of the host and the port; nil for none.
  let socket: String?
  /// The prefix of every path; empty, or with a slash at its beginning and none at its end.
  let path: String
  /// The address as it was given, without a slash at its end.
  let description: String

  /// Whether it is of a loopback interface.
  var isOfThisMachine: Bool { ["127.0.0.1", "localhost", "::1"].contains(host) }

  /// Reads an address; nil for anything but plain HTTP to a host.
  init?(_ text: String) {
    guard let url = URL(string: text), url.scheme == "http", let host = url.host(), !host.isEmpty,
      url.query == nil, url.fragment == nil, url.user == nil
    else { return nil }
    self.host = host
    port = url.port ?? 80
    socket = nil
    path = Self.withoutSlash(url.path)
    description = Self.withoutSlash(text)
  }

  /// The address of a Unix socket.
  ///
  /// - Parameter socket: its path.
  init(socket: String) {
    host = "localhost"
    port = 80
    self.socket = socket
    path = ""
    description = socket
  }

  private static func withoutSlash(_ text: String) -> String {
    var text = text
    while text.hasSuffix("/") { text.removeLast() }
    return text
  }
}

extension ServiceAddress: ExpressibleByArgument {
  init?(argument: String) {
    self.init(argument)
  }
}
