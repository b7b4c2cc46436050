import ArgumentParser

/// The four services of the system, as `up` starts them and the other commands find them.
enum Service: String, CaseIterable, Sendable {
  case alpha, beta, charlie, overlord

  static let defaultPortBase = 3990

  /// The program of its daemon.
  var program: String { rawValue + "d" }

  /// The services whose streams it follows.
  var followed: [Service] {
    switch self {
    case .alpha: [.beta, .charlie]
    case .beta, .charlie: [.alpha]
    case .overlord: [.alpha, .beta, .charlie]
    }
  }

  /// Its port for HTTP, counted from the port base.
  func port(base: Int) -> Int {
    switch self {
    case .alpha: base + 1
    case .beta: base + 2
    case .charlie: base + 3
    case .overlord: base + 4
    }
  }

  /// The address of its pages and its API on this machine.
  func address(base: Int) -> String { "http://127.0.0.1:\(port(base: base))" }
}

extension Service: ExpressibleByArgument {}
