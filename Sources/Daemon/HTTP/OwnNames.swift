/// The names under which a service is reached: only requests for these are served.
///
/// A web page can give its own name the address of this machine (DNS rebinding), and a browser then
/// treats this service as a part of that page's site. The name in `Host` shows it. `Origin` is
/// compared with these names too, and never with the `Host` of the same request.
struct OwnNames: Sendable {
  /// A host, and the port of a proxy before the service, if that is not the usual one.
  struct Name: Hashable, Sendable {
    /// Lower case; an IPv6 address without its brackets.
    let host: String
    let port: Int?
  }

  private let names: [Name]
  /// The address that is listened on, as it is configured.
  private let listening: String

  /// - Parameters:
  ///   - host: the address to listen on.
  ///   - names: the value of `http.names`.
  init(host: String, names: [String]) {
    listening = host.lowercased()
    self.names = names.compactMap(Name.init)
  }

  /// Whether an authority, `HOST` or `HOST:PORT`, is one of the service's.
  ///
  /// Ports do not count: a forwarded port is another one.
  func admits(authority: String, at peers: Peers) -> Bool {
    guard let name = Name(authority) else { return false }
    return isOwn(name.host, at: peers) || names.contains { $0.host == name.host }
  }

  /// Whether an origin, `SCHEME://HOST` or `SCHEME://HOST:PORT`, is one of the service's own.
  func admits(origin: String, at peers: Peers) -> Bool {
    for (scheme, standard) in [("http://", 80), ("https://", 443)] {
      guard origin.hasPrefix(scheme), let name = Name(String(origin.dropFirst(scheme.count))) else {
        continue
      }
      let port = name.port ?? standard
      if port == peers.port, admits(authority: name.host.authority, at: peers) { return true }
      return names.contains { $0.host == name.host && ($0.port ?? standard) == port }
    }
    return false
  }

  private func isOwn(_ host: String, at peers: Peers) -> Bool {
    host == "localhost" || isLoopback(host) || host == listening || host == peers.address
  }
}

extension OwnNames.Name {
  /// Reads `HOST`, `HOST:PORT`, `[IPv6]` or `[IPv6]:PORT`.
  init?(_ text: String) {
    var host = text[...]
    var port: Substring?
    if text.hasPrefix("[") {
      guard let end = text.firstIndex(of: "]") else { return nil }
      host = text[text.index(after: text.startIndex)..<end]
      let rest = text[text.index(after: end)...]
      guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
      port = rest.isEmpty ? nil : rest.dropFirst()
    } else if let colon = text.firstIndex(of: ":") {
      host = text[..<colon]
      port = text[text.index(after: colon)...]
    }
    // The dot at the end of a complete name means nothing else.
    if host.hasSuffix(".") { host = host.dropLast() }
    let isAddress = text.hasPrefix("[")
    guard !host.isEmpty, host.utf8.allSatisfy({ isAllowed($0, inAddress: isAddress) }) else {
      return nil
    }
    self.host = host.lowercased()
    self.port = port.flatMap { UInt16($0) }.map(Int.init)
    if port != nil, self.port == nil { return nil }
  }
}

private func isAllowed(_ byte: UInt8, inAddress: Bool) -> Bool {
  switch Character(Unicode.Scalar(byte)) {
  case "a"..."z", "A"..."Z", "0"..."9", ".", "-", "_": true
  case ":", "%": inAddress
  default: false
  }
}

extension String {
  /// The host in the form of an authority.
  fileprivate var authority: String { contains(":") ? "[\(self)]" : self }
}

/// Whether a text is an address of the machine itself: 127.0.0.0/8 or ::1.
func isLoopback(_ address: String) -> Bool {
  let address = address.hasPrefix("::ffff:") ? String(address.dropFirst(7)) : address
  if address == "::1" { return true }
  let parts = address.split(separator: ".", omittingEmptySubsequences: false)
  return parts.count == 4 && parts[0] == "127"
    && parts.allSatisfy { UInt8($0) != nil && $0.utf8.allSatisfy { (48...57).contains($0) } }
}
