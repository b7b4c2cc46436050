import Charlie
import Daemon

extension Service {
  /// Puts the real service together; only Charlie's gateway is the simulation's own.
  func compose(_ shell: Shell, asking gateway: EmbeddedGateway) throws -> Assembly {
    switch self {
    case .charlie: try CharlieRoom.compose(shell, asking: gateway)
    default: try room.compose(shell)
    }
  }
}

extension World {
  /// For how long logs keep events for Overlord at most.
  var patience: Duration { .seconds(60) }
}
