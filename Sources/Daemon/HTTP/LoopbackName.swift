import HTTPTypes

/// The names under which a browser reaches the services of its own machine.
///
/// A browser keeps the cookies of each name apart. A page in a frame therefore has the name of the
/// page around it.
package enum LoopbackName: String, CaseIterable, Sendable {
  case localhost
  case address = "127.0.0.1"
}

extension Request {
  /// The loopback name for which it asks; nil for any other name.
  package var loopbackName: LoopbackName? {
    headers[.host].flatMap(OwnNames.Name.init).flatMap { LoopbackName(rawValue: $0.host) }
  }
}

extension String {
  /// The same address under another loopback name; an address elsewhere stays as it is.
  package func named(_ name: LoopbackName) -> String {
    for scheme in ["http://", "https://"] {
      for other in LoopbackName.allCases where hasPrefix(scheme + other.rawValue) {
        let rest = dropFirst(scheme.count + other.rawValue.count)
        guard rest.first.map({ ":/?#".contains($0) }) ?? true else { continue }
        return scheme + name.rawValue + rest
      }
    }
    return self
  }
}
