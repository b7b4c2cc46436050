import Synchronization

/// Whether HTTP listens on its address, for the readiness of the service.
final class ListenerState: Sendable {
  enum Value: Hashable, Sendable {
    /// It was not tried yet.
    case starting
    case listening
    /// The address is taken or not there, and is waited for.
    case waiting(String)
  }

  private let state: Mutex<Value>

  init(_ value: Value = .starting) {
    state = Mutex(value)
  }

  var value: Value {
    get { state.withLock { $0 } }
    set { state.withLock { $0 = newValue } }
  }

  /// The reason for which the service is not ready; nil where HTTP listens.
  var obstacle: String? {
    switch value {
    case .starting: "HTTP does not listen yet"
    case .listening: nil
    case .waiting(let reason): reason
    }
  }

  var isWaiting: Bool {
    if case .waiting = value { true } else { false }
  }
}
